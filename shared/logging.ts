/**
 * A log of JSON lines, one event each, for people with `grep` and machines
 * alike: time, level, member, message, then whatever fields the event has.
 * A line is never worth a crash: what cannot be written as JSON is named.
 */
import { timestamp } from "./clock.ts";

const LEVELS = { debug: 10, info: 20, warn: 30, error: 40 } as const;
export type LogLevel = keyof typeof LEVELS;
export const LOG_LEVELS = Object.keys(LEVELS) as LogLevel[];

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  /** The same log, with these fields on every line. */
  child(fields: Record<string, unknown>): Log;
}

export interface LogOptions {
  /** `order-3` */
  member: string;
  level: LogLevel;
  /** Gets each line with its line break; standard output when missing. */
  write?: (line: string) => void;
}

export function createLog(options: LogOptions): Log {
  const write = options.write ?? writeToStdout;
  return new JsonLog({ member: options.member, lowest: LEVELS[options.level], write, fields: {} });
}

function writeToStdout(line: string): void {
  process.stdout.write(line);
}

interface Sink {
  member: string;
  /** Lines below this level are dropped. */
  lowest: number;
  write: (line: string) => void;
  fields: Record<string, unknown>;
}

class JsonLog implements Log {
  readonly #sink: Sink;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  debug(message: string, fields?: Record<string, unknown>): void {
    this.#line("debug", message, fields);
  }

  info(message: string, fields?: Record<string, unknown>): void {
    this.#line("info", message, fields);
  }

  warn(message: string, fields?: Record<string, unknown>): void {
    this.#line("warn", message, fields);
  }

  error(message: string, fields?: Record<string, unknown>): void {
    this.#line("error", message, fields);
  }

  child(fields: Record<string, unknown>): Log {
    return new JsonLog({ ...this.#sink, fields: { ...this.#sink.fields, ...fields } });
  }

  #line(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    const { member, lowest, write } = this.#sink;
    if (LEVELS[level] < lowest) return;
    const head = { time: timestamp(), level, member, message };
    write(`${asJson({ ...head, ...this.#sink.fields, ...fields })}\n`);
  }
}

function asJson(line: Record<string, unknown>): string {
  try {
    return JSON.stringify(line, writable);
  } catch {
    const { time, level, member, message } = line;
    return JSON.stringify({ time, level, member, message, unwritable: true });
  }
}

function writable(_key: string, value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? value.message;
  return typeof value === "bigint" ? value.toString() : value;
}
