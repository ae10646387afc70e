// SPDX-License-Identifier: MIT
//
// How Node's llhttp, strict as in Node's own server, reads a request: what
// oracle.h says, by the parser itself and without a socket.
'use strict';
const fs = require('fs');

process.noDeprecation = true;              // the parser has no public name
const binding = process.binding('http_parser');
const { HTTPParser } = binding;
const methods = binding.allMethods || binding.methods;

function hex(text) {
  return Buffer.from(text, 'latin1').toString('hex');
}

function read(bytes) {
  const parser = new HTTPParser();
  const r = { verdict: 'more', why: '', head: false };
  let fields = [];
  let target = '';
  const on_fields = (list, url) => {
    if (r.head) return;                    // trailers are not compared
    fields = fields.concat(list);
    target += url;
  };
  parser.initialize(HTTPParser.REQUEST, {}, 0, 0);
  parser[HTTPParser.kOnHeaders | 0] = on_fields;
  parser[HTTPParser.kOnHeadersComplete | 0] = (major, minor, list, method,
    url, status, message, upgrade, keepAlive) => {
    if (r.verdict !== 'more') return 0;
    if (list) fields = fields.concat(list);
    if (url) target += url;
    r.head = true;
    r.keep_alive = keepAlive;
    r.body = 0;
    r.method = methods[method];
    r.target = hex(target);
    r.fields = '';
    for (let i = 0; i < fields.length; i += 2)
      r.fields += hex(`${fields[i]}:${fields[i + 1]}\n`);
    return 0;
  };
  parser[HTTPParser.kOnBody | 0] = (body, start, length) => {
    if (r.verdict === 'more')
      r.body += length === undefined ? body.length : length;
  };
  parser[HTTPParser.kOnMessageComplete | 0] = () => {
    if (r.verdict === 'more') r.verdict = 'ok';
  };
  const result = parser.execute(bytes);
  if (r.verdict === 'more' && result instanceof Error) {
    r.verdict = 'bad';
    r.why = result.code;
  }
  parser.close();
  return r;
}

const input = fs.readFileSync(0);
const out = [];
for (let at = 0; at < input.length;) {
  const n = input.readUInt32BE(at);
  out.push(JSON.stringify(read(input.subarray(at + 4, at + 4 + n))));
  at += 4 + n;
}
fs.writeSync(1, out.join('\n') + '\n');
