// SPDX-License-Identifier: MIT
//
// tus-js-client as anyone would use it: node tus_put.mjs ENDPOINT FILE STORE.
// The upload's URL is kept in STORE; run again, it goes on from there. Prints
// one line of JSON: how it went on, and the upload's URL or why it failed.
// Exit status 1: cut, run it again.
import fs from "node:fs";
import path from "node:path";
import * as tus from "tus-js-client";
import { FileUrlStorage } from "tus-js-client";

const [endpoint, file, store] = process.argv.slice(2);
const result = { resumed: false, offset: 0 };

function finish(status, more) {
    console.log(JSON.stringify({ ...result, ...more }));
    process.exit(status);
}

const upload = new tus.Upload(fs.createReadStream(file), {
    endpoint,
    uploadSize: fs.statSync(file).size,
    chunkSize: Number(process.env.CHUNK ?? Infinity),
    metadata: { filename: path.basename(file), room: "#lobby" },
    urlStorage: new FileUrlStorage(store),
    storeFingerprintForResuming: true,
    removeFingerprintOnSuccess: true,
    fingerprint: async () => `test ${path.basename(file)}`,
    retryDelays: null,
    onAfterResponse: (request, response) => {
        if (request.getMethod() === "HEAD" && response.getStatus() === 200)
            result.offset = Number(response.getHeader("Upload-Offset"));
    },
    onError: (error) => finish(1, { error: error.message.slice(0, 300) }),
    onSuccess: () => finish(0, { url: upload.url }),
});

const [previous] = await upload.findPreviousUploads();
if (previous) {
    result.resumed = true;
    upload.resumeFromPreviousUpload(previous);
}
upload.start();
