// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The lines a `serve` process prints: a word, then `key=value` pairs, for people and for `compare`.
enum ServeLine {
  /// The first line: `listening engine=… host=… port=… loops=… pid=…`.
  static func listening(engine: EngineName, host: String, port: UInt16, loops: Int) -> String {
    "listening engine=\(engine.rawValue) host=\(host) port=\(port) loops=\(loops) pid=\(getpid())"
  }

  /// `counters accepted=… messages=… bytes=… kernel-calls=…`, and `ended …` with the same pairs; where
  /// several loops accept, `accepted-by-loop=…,…` too.
  static func counters(_ word: String, _ counters: EngineCounters) -> String {
    let calls = counters.kernelCalls.map(String.init) ?? "unknown"
    let byLoop = counters.acceptedByLoop
    return "\(word) accepted=\(counters.accepted) messages=\(counters.messages)"
      + " bytes=\(counters.bytes) kernel-calls=\(calls)"
      + (byLoop.count > 1
        ? " accepted-by-loop=\(byLoop.map(String.init).joined(separator: ","))" : "")
  }

  /// The value of `key` in `line`.
  static func value(_ key: String, in line: String) -> Substring? {
    for pair in line.split(separator: " ") where pair.hasPrefix(key + "=") {
      return pair.dropFirst(key.utf8.count + 1)
    }
    return nil
  }

  /// Reads a line made by `counters`.
  static func parseCounters(_ line: String) -> EngineCounters? {
    func number(_ key: String) -> UInt64? { value(key, in: line).flatMap { UInt64($0) } }
    guard let accepted = number("accepted"), let messages = number("messages"),
      let bytes = number("bytes")
    else { return nil }
    return EngineCounters(
      accepted: accepted, messages: messages, bytes: bytes, kernelCalls: number("kernel-calls"))
  }
}
