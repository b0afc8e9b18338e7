// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Answers that only a mistake in this library can lead to. They trap in debug builds alone: a
// program that closes a descriptor of ours by its number gets the error, and goes on.
extension LoopCore {
  /// Wrong descriptors, wrong memory, wrong arguments.
  static var mistakes: [Errno] { [.badFileDescriptor, .badAddress, .notSocket, .invalidArgument] }

  /// Whether an answer, after its verdict, shows a mistake in a request of the library's own.
  ///
  /// Accepts and connects get EINVAL for what the program asked as well: a listener that has been
  /// shut down, an address without a scope. So do sends of datagrams: port 0, a foreign source.
  func isMistake(_ result: Int32, _ verdict: Verdict, of slot: Int) -> Bool {
    guard result < 0, verdict == .surface, Self.mistakes.contains(Errno(rawValue: 0 &- result))
    else { return false }
    let isArgument = result == -Errno.invalidArgument.rawValue
    if isArgument, !table[slot].request.operation.movesBytes { return false }
    if isArgument, table[slot].facts.contains(.datagram) { return false }
    return unsafe table[slot].owner?._withUnsafeGuaranteedRef { $0.isPartOfLibrary } ?? false
  }

  /// The text of a mistake.
  func mistake(_ result: Int32, of slot: Int) -> String {
    "\(table[slot].request) failed: \(Errno(rawValue: 0 &- result))"
  }
}
