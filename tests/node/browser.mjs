// SPDX-License-Identifier: MIT
//
// A person with a browser, and another site that means them harm:
//
//     node browser.mjs '{"chromium": PATH, "url": URL, "picture": PATH,
//                        "shared": NAME of a picture in the room,
//                        "folder": PATH}'
//
// Prints one line of JSON with everything that was seen; the test judges it.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { chromium } from "playwright-core";
import { encodeVideo, packWebm } from "./webm.mjs";

const options = JSON.parse(process.argv[2]);
const PATIENCE = 20000;
const VIDEO = { width: 320, height: 240, seconds: 12, rate: 25 };
const seen = { complaints: [], media: [] };

// What its own pages complain of: errors, and what the policy blocked.
function listen(page) {
    page.on("console", (message) => {
        if (["error", "warning"].includes(message.type()))
            seen.complaints.push(message.text());
    });
    page.on("pageerror", (error) => seen.complaints.push(error.message));
    page.on("response", (response) => {
        if (response.url().includes("/f/"))
            seen.media.push({ url: response.url(), status: response.status(),
                range: response.request().headers().range ?? null });
    });
}

async function post(page) {
    await page.goto(options.url);
    seen.title = await page.title();
    await page.locator('a[href$="/r/lobby"]').first().click();
    const form = page.locator("form:has([name=text])");
    await form.locator("[name=name]").fill("Brigitte");
    await form.locator("[name=text]").fill("bonjour <b>& 漢字</b>");
    await form.locator("button, [type=submit]").first().click();
    await page.getByText("bonjour <b>& 漢字</b>").first().waitFor();
    seen.posted = page.url();
}

async function upload(page, file) {
    const form = page.locator("form:has([type=file])");
    if (await form.locator("[name=name]").count())
        await form.locator("[name=name]").fill("Brigitte");
    await form.locator("[type=file]").setInputFiles(file);
    await form.locator("button, [type=submit]").first().click();
    await page.getByText(path.basename(file)).first().waitFor();
}

async function look(page) {
    await upload(page, options.picture);
    seen.pictures = {};
    for (const name of [options.shared, path.basename(options.picture)]) {
        const image = page.locator(`img[src*="${name}"]`).last();
        await image.scrollIntoViewIfNeeded();
        await page.waitForFunction((image) => image.naturalWidth > 0,
                                   await image.elementHandle());
        seen.pictures[name] = await image.evaluate(
            (image) => [image.naturalWidth, image.naturalHeight]);
        seen.pictureUrl = await image.evaluate((image) => image.src);
    }
}

async function seek(page, video) {
    await upload(page, video);
    const element = page.locator("video").last();
    await element.waitFor({ state: "attached" });
    seen.video = await element.evaluate(async (video) => {
        const event = (name) => new Promise((done, fail) => {
            video.addEventListener(name, done, { once: true });
            video.addEventListener("error", () => fail(new Error(
                `${video.error.code}: ${video.error.message}`)));
        });
        video.preload = "auto";
        if (video.readyState < 1)
            await event("loadedmetadata");
        const at = [];
        for (const second of [10, 3, 7]) {
            const seeked = event("seeked");
            video.currentTime = second;
            await seeked;
            at.push(video.currentTime);
        }
        return { duration: video.duration, width: video.videoWidth, at,
                 url: video.currentSrc };
    });
}

// The file by itself, as a link opens it.
async function open(page) {
    await page.goto(seen.pictureUrl);
    seen.direct = await page.evaluate(() => document.images[0]?.naturalWidth);
}

// Another site. Whatever it tries, its outcome is told; what got through is
// for the test to find in the room.
function otherSite() {
    const server = http.createServer((request, response) => {
        response.setHeader("Content-Type", "text/html");
        response.end("<!doctype html><title>other</title>");
    });
    return new Promise((done) => server.listen(0, "127.0.0.1", () =>
        done(server)));
}

const ENCODINGS = ["application/x-www-form-urlencoded", "multipart/form-data",
                   "text/plain"];

async function attackByForm(context, site) {
    for (const enctype of ENCODINGS) {
        const page = await context.newPage();
        await page.goto(site);
        const answer = page.waitForResponse(
            (response) => response.url().includes("/r/lobby"));
        await page.evaluate(([url, enctype]) => {
            document.body.innerHTML = "<form method=post><input name=text " +
                "value='evil by form'></form>";
            const form = document.forms[0];
            form.action = `${url}/r/lobby`;
            form.enctype = enctype;
            setTimeout(() => form.submit());     // the page goes with it
        }, [options.url, enctype]);
        seen.attacks.push([`form ${enctype}`, (await answer).status()]);
    }
}

async function attackByScript(page) {
    return page.evaluate(async (url) => {
        const tried = [];
        const attempt = async (name, method, path, more) => {
            try {
                const answer = await fetch(url + path, { method, ...more });
                tried.push([name, answer.type + " " + answer.status]);
            } catch (error) {
                tried.push([name, error.name]);
            }
        };
        await attempt("fetch no-cors", "POST", "/r/lobby",
                      { mode: "no-cors", body: "evil by fetch" });
        await attempt("fetch cors", "POST", "/r/lobby", { body: "evil" });
        await attempt("fetch JSON", "POST", "/r/lobby", {
            body: '{"text":"evil"}',
            headers: { "Content-Type": "application/json" } });
        await attempt("fetch PUT", "PUT", "/r/lobby/files/evil.txt",
                      { body: "evil" });
        await attempt("fetch read", "GET", "/r/lobby", {});
        const data = new FormData();
        data.append("file", new Blob(["evil"]), "evil.txt");
        await attempt("fetch file no-cors", "POST", "/r/lobby/files",
                      { mode: "no-cors", body: data });
        navigator.sendBeacon(url + "/r/lobby", "evil by beacon");
        for (const protocols of [["loquat.v1"], []])
            tried.push(["WebSocket " + protocols, await new Promise((done) => {
                const ws = new WebSocket(url.replace("http", "ws") + "/ws",
                                         protocols);
                ws.onopen = () => done("open");
                ws.onerror = () => done("refused");
            })]);
        return tried;
    }, options.url);
}

// Its files and pages in another site's page.
async function attackByEmbedding(page) {
    return page.evaluate(([url, picture]) => {
        const loaded = (make) => new Promise((done) => {
            const element = make();
            element.onload = () => done("loaded");
            element.onerror = () => done("refused");
            document.body.append(element);
        });
        return Promise.all([
            loaded(() => Object.assign(new Image(), { src: picture })),
        ]).then(([image]) => [["image", image]]);
    }, [options.url, seen.pictureUrl]);
}

async function attackByFrame(page) {
    await page.evaluate((url) => {
        const frame = document.createElement("iframe");
        frame.src = url + "/";
        document.body.append(frame);
    }, options.url);
    await page.waitForTimeout(500);
    const texts = await Promise.all(page.frames().slice(1).map(
        (frame) => frame.title().catch(() => "")));
    return [["frame", texts.includes(seen.title) ? "shown" : "refused"]];
}

async function attack(browser, site) {
    const context = await browser.newContext();
    await attackByForm(context, site);
    const page = await context.newPage();
    await page.goto(site);
    seen.attacks.push(...await attackByScript(page));
    seen.attacks.push(...await attackByEmbedding(page));
    seen.attacks.push(...await attackByFrame(page));
    await context.close();
}

const browser = await chromium.launch({
    executablePath: options.chromium,
    args: ["--no-sandbox", "--disable-dev-shm-usage",
           "--host-resolver-rules=MAP localhost 127.0.0.1"],
});
const site = await otherSite();
try {
    const port = site.address().port;
    const context = await browser.newContext();
    context.setDefaultTimeout(PATIENCE);
    const studio = await context.newPage();
    await studio.goto(`http://127.0.0.1:${port}/`);
    const video = path.join(options.folder, "film.webm");
    fs.writeFileSync(video, packWebm(
        await studio.evaluate(encodeVideo, VIDEO), VIDEO));
    seen.videoBytes = fs.statSync(video).size;
    await studio.close();

    const page = await context.newPage();
    listen(page);
    await post(page);
    await look(page);
    await seek(page, video);
    await open(page);
    seen.ours = [...seen.complaints];
    await context.close();

    seen.attacks = [];
    for (const host of ["127.0.0.1", "localhost"])
        await attack(browser, `http://${host}:${port}/`);
} catch (error) {
    seen.failure = error.message.slice(0, 2000);
} finally {
    await browser.close();
    site.close();
}
console.log(JSON.stringify(seen));
