/** Converts a screenshot to a PNG with a palette: a third of the size without visible loss. */
import { crc32, deflateSync } from 'node:zlib';

/** Size of an 8-bit palette. */
const MAX_COLORS = 256;

/**
 * @param {import('playwright-core').Page} blank a page that decodes; its content does not matter
 * @param {Buffer} png as Chromium writes it: 24 bits per pixel
 * @returns {Promise<Buffer>} the same image in at most 256 colours
 */
export async function smallPng(blank, png) {
  const { width, pixels } = await decode(blank, png);
  const nearest = nearestOf(palette(pixels));
  const rows = [];
  for (let start = 0; start < pixels.length; start += width) {
    rows.push(0, ...pixels.slice(start, start + width).map((color) => nearest.index(color)));
  }
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header(width, pixels.length / width)),
    chunk('PLTE', Buffer.from(nearest.colors.flatMap(channels))),
    chunk('IDAT', deflateSync(Buffer.from(rows), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * @param {import('playwright-core').Page} blank
 * @param {Buffer} png
 * @returns {Promise<{ width: number, pixels: number[] }>} pixels as 0xrrggbb
 */
function decode(blank, png) {
  return blank.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const pixels = [];
    for (let i = 0; i < data.length; i += 4) {
      pixels.push((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    }
    return { width: image.width, pixels };
  }, png.toString('base64'));
}

/**
 * Colours that differ in their last bits only count as one, so that the shades of a shadow leave
 * room for the edges of letters.
 *
 * @param {number[]} pixels
 * @returns {number[]} the colours used most
 */
function palette(pixels) {
  /** @type {Map<number, number>} */
  const uses = new Map();
  for (const color of pixels) uses.set(color, (uses.get(color) ?? 0) + 1);
  /** @type {Map<number, number>} */
  const colors = new Map();
  for (const [color] of [...uses].sort((a, b) => b[1] - a[1])) {
    const alike = color & 0xfcfcfc;
    if (!colors.has(alike) && colors.size < MAX_COLORS) colors.set(alike, color);
  }
  return [...colors.values()];
}

/** @param {number[]} colors */
function nearestOf(colors) {
  const known = new Map(colors.map((color, index) => [color, index]));
  /** @param {number} color */
  const search = (color) => {
    const distances = colors.map((other) => distance(color, other));
    return distances.indexOf(Math.min(...distances));
  };
  return {
    colors,
    /** @param {number} color */
    index(color) {
      const index = known.get(color) ?? search(color);
      known.set(color, index);
      return index;
    },
  };
}

/** @param {number} one @param {number} other */
function distance(one, other) {
  const [a, b] = [channels(one), channels(other)];
  return a.reduce((sum, channel, i) => sum + (channel - b[i]) ** 2, 0);
}

/** @param {number} color */
function channels(color) {
  return [color >> 16, (color >> 8) & 255, color & 255];
}

/** 8 bits per pixel, colour type 3: palette. @param {number} width @param {number} height */
function header(width, height) {
  const bytes = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 3, 0, 0, 0]);
  bytes.writeUInt32BE(width, 0);
  bytes.writeUInt32BE(height, 4);
  return bytes;
}

/** @param {string} type @param {Buffer} data */
function chunk(type, data) {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  data.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
  return bytes;
}
