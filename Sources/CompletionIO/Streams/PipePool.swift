// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// The pipes of a loop.
///
/// Few, because each keeps a worker thread of the kernel for as long as its peer does not read.
struct PipePool {
  /// Pipes at a time; a file for which there is none is read and sent, and a relay goes on with
  /// buffers.
  static let limit = 8
  private var idle: [Pipe] = []
  /// Pipes that are idle or in use.
  private(set) var count = 0

  /// Pipes that are in use.
  var lentCount: Int { count - idle.count }

  /// Takes a pipe that is empty; `nil` if there is none.
  mutating func take() -> Pipe? {
    if let pipe = idle.popLast() { return pipe }
    guard count < Self.limit, let pipe = Pipe() else { return nil }
    count += 1
    return pipe
  }

  /// Takes a pipe back; one that is not empty is closed.
  mutating func giveBack(_ pipe: Pipe) {
    if pipe.byteCount == 0 { idle.append(pipe) } else { count -= 1 }
  }
}
