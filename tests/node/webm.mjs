// SPDX-License-Identifier: MIT
//
// A video to seek in, made by the browser itself: VP8 by WebCodecs, packed as
// WebM with a duration and cues (matroska.org, "Element Specifications").
// encodeVideo() runs in a page, packWebm() in Node.

export async function encodeVideo({ width, height, seconds, rate }) {
    const chunks = [];
    const encoder = new VideoEncoder({
        output: (chunk) => {
            const data = new Uint8Array(chunk.byteLength);
            chunk.copyTo(data);
            let text = "";
            for (let at = 0; at < data.length; at += 8192)
                text += String.fromCharCode(...data.subarray(at, at + 8192));
            chunks.push({ ms: chunk.timestamp / 1000, data: btoa(text),
                          key: chunk.type === "key" });
        },
        error: (error) => { throw error; },
    });
    encoder.configure({ codec: "vp8", width, height, bitrate: 4e6,
                        framerate: rate });
    const pixels = new Uint32Array(width * height);
    for (let n = 0; n < seconds * rate; n++) {
        for (let i = 0; i < pixels.length; i++)
            pixels[i] = 0xff000000 | Math.random() * 0x1000000;
        const frame = new VideoFrame(pixels.buffer, {
            format: "RGBA", codedWidth: width, codedHeight: height,
            timestamp: n * 1e6 / rate });
        encoder.encode(frame, { keyFrame: n % rate === 0 });
        frame.close();
        if (encoder.encodeQueueSize > 10)
            await new Promise((done) => setTimeout(done, 5));
    }
    await encoder.flush();
    return chunks;
}

const bytes = (hex) => Buffer.from(hex, "hex");

function element(id, ...content) {
    const body = Buffer.concat(content);
    const size = Buffer.alloc(8);
    size.writeBigUInt64BE(BigInt(body.length) | 1n << 56n);
    return Buffer.concat([bytes(id), size, body]);
}

function unsigned(id, value) {
    const body = Buffer.alloc(8);
    body.writeBigUInt64BE(BigInt(value));
    return element(id, body);
}

function float(id, value) {
    const body = Buffer.alloc(8);
    body.writeDoubleBE(value);
    return element(id, body);
}

const text = (id, value) => element(id, Buffer.from(value));

function simpleBlock(chunk, start) {
    const head = Buffer.alloc(4);
    head[0] = 0x81;                          // track 1
    head.writeInt16BE(Math.round(chunk.ms - start), 1);
    head[3] = chunk.key ? 0x80 : 0;
    return element("a3", head, Buffer.from(chunk.data, "base64"));
}

// A cluster begins with each key frame; a cue points to each cluster.
function clusters(chunks) {
    const made = [];
    for (const chunk of chunks) {
        if (chunk.key)
            made.push({ ms: Math.round(chunk.ms), chunks: [] });
        made.at(-1).chunks.push(chunk);
    }
    for (const cluster of made)
        cluster.bytes = element("1f43b675", unsigned("e7", cluster.ms),
            ...cluster.chunks.map((c) => simpleBlock(c, cluster.ms)));
    return made;
}

function cues(made, first) {
    let position = first;
    const points = made.map((cluster) => {
        const point = element("bb", unsigned("b3", cluster.ms),
            element("b7", unsigned("f7", 1), unsigned("f1", position)));
        position += cluster.bytes.length;
        return point;
    });
    return element("1c53bb6b", ...points);
}

export function packWebm(chunks, { width, height, seconds }) {
    const head = element("1a45dfa3", unsigned("4286", 1), unsigned("42f7", 1),
        unsigned("42f2", 4), unsigned("42f3", 8), text("4282", "webm"),
        unsigned("4287", 2), unsigned("4285", 2));
    const info = element("1549a966", unsigned("2ad7b1", 1000000),
        float("4489", seconds * 1000), text("4d80", "loquat"),
        text("5741", "loquat"));
    const tracks = element("1654ae6b", element("ae", unsigned("d7", 1),
        unsigned("73c5", 1), unsigned("83", 1), text("86", "V_VP8"),
        element("e0", unsigned("b0", width), unsigned("ba", height))));
    const made = clusters(chunks);
    const before = info.length + tracks.length;
    const first = before + cues(made, 0).length;
    return Buffer.concat([head, element("18538067", info, tracks,
        cues(made, first), ...made.map((cluster) => cluster.bytes))]);
}
