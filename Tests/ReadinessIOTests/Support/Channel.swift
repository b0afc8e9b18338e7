// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Uring

/// Two connected descriptors, both non-blocking: a Unix-domain stream, or a pipe.
///
/// What happens at one end is known at the other end at once, so that tests need not wait.
final class Channel {
  /// The end that is watched; of a pipe, the one that reads.
  private(set) var near: FileDescriptor
  private(set) var far: FileDescriptor
  private var isFarOpen = true
  private var isNearOpen = true

  /// A write into a closed pipe is EPIPE, not the end of the tests.
  private static let ignoresBrokenPipe: Void = {
    _ = signal(SIGPIPE, SIG_IGN)
  }()

  private init(near: FileDescriptor, far: FileDescriptor) {
    Self.ignoresBrokenPipe
    self.near = near
    self.far = far
  }

  static func stream() throws -> Channel {
    let ends = try SocketPair(isNonblocking: true).release()
    return Channel(near: ends.near, far: ends.far)
  }

  static func pipe() throws -> Channel {
    let ends = try FileDescriptor.pipe()
    for end in [ends.readEnd, ends.writeEnd] {
      guard fcntl(end.rawValue, F_SETFL, O_NONBLOCK) == 0 else { throw Errno(rawValue: errno) }
    }
    return Channel(near: ends.readEnd, far: ends.writeEnd)
  }

  /// An eventfd under two numbers: a file without a type, whose inode it shares with others.
  static func counter() throws -> Channel {
    let event = try EventDescriptor()
    guard fcntl(event.descriptor.rawValue, F_SETFL, O_NONBLOCK) == 0 else {
      throw Errno(rawValue: errno)
    }
    return Channel(near: try event.descriptor.duplicate(), far: try event.descriptor.duplicate())
  }

  /// The kinds of files whose numbers a test gives away.
  enum Kind: CaseIterable, Sendable {
    case stream, pipe, counter

    func make() throws -> Channel {
      switch self {
      case .stream: try .stream()
      case .pipe: try .pipe()
      case .counter: try .counter()
      }
    }

    /// Makes one whose near end has a number that no other test is given.
    func makeApart() throws -> Channel {
      let channel = try make()
      try channel.moveNear()
      return channel
    }
  }

  /// Gives the near end a number that other tests do not come up to, which are given the lowest, and
  /// that tests beside this one have not had lately.
  private func moveNear() throws {
    let first = max(3, min(getdtablesize(), 1 << 16) - 500)
    let number = fcntl(
      near.rawValue, F_DUPFD_CLOEXEC,
      first + Self.movedCount.add(1, ordering: .relaxed).oldValue % 400)
    guard number >= 0 else { throw Errno(rawValue: errno) }
    try near.close()
    near = FileDescriptor(rawValue: number)
  }

  private static let movedCount = Atomic<Int32>(0)

  /// Gives the number of its near end to the file of another's.
  func replaceNear(by other: Channel) throws {
    guard dup2(other.near.rawValue, near.rawValue) == near.rawValue else {
      throw Errno(rawValue: errno)
    }
  }

  deinit {
    closeNear()
    closeFar()
  }

  /// Gives the descriptors away.
  consuming func release() -> (near: FileDescriptor, far: FileDescriptor) {
    isNearOpen = false
    isFarOpen = false
    return (near, far)
  }

  func closeNear() {
    if isNearOpen { try? near.close() }
    isNearOpen = false
  }

  func closeFar() {
    if isFarOpen { try? far.close() }
    isFarOpen = false
  }

  /// Writes until all went or it would block.
  func write(_ byteCount: Int, to end: FileDescriptor) {
    _ = try? end.writeAll(repeatElement(0x61, count: byteCount))
  }

  /// Writes until it would block.
  func fill(_ end: FileDescriptor) {
    let block = [UInt8](repeating: 0x62, count: 65536)
    while let count = unsafe try? block.withUnsafeBytes({ unsafe try end.write($0) }), count > 0 {}
  }

  /// Reads until it would block or ends.
  func drain(_ end: FileDescriptor) {
    var block = [UInt8](repeating: 0, count: 65536)
    while let count = unsafe try? block.withUnsafeMutableBytes({ unsafe try end.read(into: $0) }),
      count > 0
    {}
  }

  func shutDownFar() {
    if isFarOpen { _ = shutdown(far.rawValue, Int32(SHUT_WR)) }
  }
}

/// A number above any descriptor that a test opens.
let closedDescriptor = FileDescriptor(rawValue: 900_000)
