// A conversation by voice: the microphone's sound goes out, each thing said becomes a turn, and its answer is heard.

import type { Problem } from "./wire.js";

const SHORTEST_LEAD = 0.05;
/** Bytes before the samples of a frame: the turn, and the frame's number in it. */
const HEAD = 8;
const HIGHEST_RATE = 48_000;

/** Who is told what is heard. */
export interface Hears {
  /** What is being said, as far as it is known; empty when it has ended. */
  said(text: string): void;
  turn(runId: string, question: string, conversationId: string): void;
  failed(problem: Problem): void;
  closed(): void;
}

type Told = { type: string; turn: number } & Record<string, unknown>;

/** Whether this browser, at this address, has a microphone for us. */
export const hears = (): boolean => isSecureContext && "mediaDevices" in navigator && "AudioWorkletNode" in window;

export class Voice {
  private context: AudioContext | null = null;
  private socket: WebSocket | null = null;
  private tracks: MediaStreamTrack[] = [];
  private playing = new Set<AudioBufferSourceNode>();
  private rate = 0;
  /** When what was taken to be played will have been. */
  private until = 0;
  /** The last turn whose sound is not played any more. */
  private muted = 0;

  constructor(private listener: Hears) {}

  /** Opens the microphone, for which the browser asks the person, and then the socket. */
  async open(settings: Record<string, unknown>): Promise<void> {
    const stream = await navigator.mediaDevices.getUserMedia({
      // Its own answer is not to interrupt it.
      audio: { echoCancellation: true, noiseSuppression: true, channelCount: 1 },
    });
    this.tracks = stream.getTracks();
    const context = (this.context = new AudioContext());
    const usual = context.sampleRate <= HIGHEST_RATE ? context : (this.context = new AudioContext({ sampleRate: HIGHEST_RATE }));
    if (usual !== context) void context.close();
    await usual.audioWorklet.addModule("/console/microphone.js");
    const socket = (this.socket = new WebSocket(`${location.origin.replace("http", "ws")}/ws/voice`));
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (typeof event.data === "string") this.heed(JSON.parse(event.data) as Told);
      else this.play(event.data);
    };
    socket.onclose = (event) => {
      if (event.reason) this.listener.failed({ title: "The conversation was closed", detail: event.reason });
      this.close();
    };
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: "start", sample_rate: usual.sampleRate, ...settings }));
      const microphone = new AudioWorkletNode(usual, "microphone", { numberOfOutputs: 0 });
      microphone.port.onmessage = (event: MessageEvent<ArrayBuffer>) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(event.data);
      };
      usual.createMediaStreamSource(stream).connect(microphone);
    };
  }

  /** Ends the answer that is spoken. */
  interrupt(): void {
    this.tell({ type: "interrupt" });
  }

  /** Says something by typing it. */
  say(text: string): boolean {
    return this.tell({ type: "text_input", text });
  }

  private tell(frame: Record<string, unknown>): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  close(): void {
    const socket = this.socket;
    if (!socket && !this.tracks.length) return;
    this.socket = null;
    if (socket) socket.onclose = null;
    socket?.close();
    this.silence();
    for (const track of this.tracks) track.stop();
    this.tracks = [];
    void this.context?.close();
    this.context = null;
    this.listener.closed();
  }

  private heed(told: Told): void {
    switch (told.type) {
      case "transcript_partial":
        this.listener.said(String(told.text));
        break;
      case "transcript":
        this.listener.said("");
        break;
      case "turn_started":
        this.listener.turn(String(told.run_id), String(told.message), String(told.conversation_id));
        break;
      case "sentence":
        this.rate = Number(told.sample_rate);
        break;
      case "interrupted":
        this.muted = told.turn;
        this.silence();
        break;
      case "error":
        this.listener.failed(told.error as Problem);
    }
  }

  private play(frame: ArrayBuffer): void {
    const context = this.context;
    if (!context || new DataView(frame).getUint32(0) <= this.muted) return;
    const samples = Float32Array.from(new Int16Array(frame, HEAD), (sample) => sample / 32768);
    const buffer = context.createBuffer(1, samples.length, this.rate);
    buffer.copyToChannel(samples, 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.onended = () => this.playing.delete(source);
    this.playing.add(source);
    const at = Math.max(this.until, context.currentTime + SHORTEST_LEAD);
    source.start(at);
    this.until = at + buffer.duration;
  }

  private silence(): void {
    for (const source of this.playing) source.stop();
    this.playing.clear();
    this.until = 0;
  }
}
