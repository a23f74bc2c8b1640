// The microphone's sound in pieces of 16 bits, made in the browser's thread for sound.

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, kind: new () => AudioWorkletProcessor): void;

/** Samples of a piece: some 20 ms. */
const PIECE = 1024;

class Microphone extends AudioWorkletProcessor {
  private piece = new Int16Array(PIECE);
  private filled = 0;

  process(inputs: Float32Array[][]): boolean {
    for (const sample of inputs[0]?.[0] ?? []) {
      this.piece[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(sample * 32767)));
      if (this.filled < PIECE) continue;
      this.port.postMessage(this.piece.buffer, [this.piece.buffer]);
      this.piece = new Int16Array(PIECE);
      this.filled = 0;
    }
    return true;
  }
}

registerProcessor("microphone", Microphone);

export {};
