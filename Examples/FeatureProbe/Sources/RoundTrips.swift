// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Uring

/// What came of bytes that went through a pair of sockets.
struct Passage: Equatable {
  let sentByteCount: Int
  let received: [UInt8]
  /// System calls for both requests.
  let enterCount: UInt64
}

extension HandTurnedRing {
  /// Asks the kernel to do nothing, which it answers with 0.
  mutating func answerNop() throws(Errno) -> Completion {
    let completion = try perform([.nop])[0]
    if let error = completion.error { throw error }
    return completion
  }

  /// Sends bytes into a pair of sockets and receives them at its other end, in one system call.
  ///
  /// - Parameter bytes: At least one, and no more than 4096.
  /// - Returns: What has come.
  /// - Throws: The errno of the first call or request that failed.
  mutating func pass(_ bytes: [UInt8]) throws -> Passage {
    let (near, far) = try Self.socketPair()
    defer {
      try? near.close()
      try? far.close()
    }
    // The kernel chooses a buffer when bytes have come, and its completion says which.
    let pool = try BufferPool(capacity: 2, bufferSize: 4096)
    try register(pool)
    let countBefore = enterCount
    // The memory stays in place until the completions are there, because the call waits for them.
    let completions = try unsafe bytes.withUnsafeBytes { memory throws -> [Completion] in
      guard let start = memory.baseAddress else { throw Errno.invalidArgument }
      return try perform([
        unsafe .send(start, byteCount: memory.count, to: .file(near)),
        // Requests begin in order, so the bytes are there, unless the send has failed.
        .receive(.file(far), bufferGroup: pool.group, options: .doNotWait),
      ])
    }
    let enterCount = enterCount - countBefore
    try unregister(pool)
    if let error = completions.lazy.compactMap(\.error).first { throw error }
    let lease = pool.lease(for: completions[1])
    let received: [UInt8] = if let lease { [UInt8](lease) } else { [] }
    return Passage(
      sentByteCount: Int(completions[0].result), received: received, enterCount: enterCount)
  }

  /// Makes two sockets that are connected with each other.
  private static func socketPair() throws(Errno) -> (FileDescriptor, FileDescriptor) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Errno(rawValue: errno) }
    return (FileDescriptor(rawValue: ends[0]), FileDescriptor(rawValue: ends[1]))
  }
}
