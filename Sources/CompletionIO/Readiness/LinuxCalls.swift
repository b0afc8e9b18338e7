// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import ReadinessIO
package import SystemPackage
package import Uring

/// The system calls of Linux below a ``ReadinessKernel``.
///
/// It needs epoll and eventfd (Linux 2.6.27) and accept4 (2.6.28).
package struct LinuxCalls: ReadinessCalls, ~Copyable {
  private var poller: EpollPoller
  private var otherCallCount: UInt64 = 0

  /// Most events in one wait.
  ///
  /// What the kernel keeps of a socket should still be in the cache when the answer to what was
  /// received is sent. With 512 instead, echo over 1,000 connections costs 1.24 times as much.
  private static let eventLimit = 64

  /// Makes an epoll instance.
  ///
  /// - Throws: EMFILE, ENFILE, ENOMEM.
  package init() throws(Errno) {
    poller = try EpollPoller(eventLimit: Self.eventLimit)
  }

  /// Readable while an event waits.
  package var descriptor: FileDescriptor { poller.fileDescriptor }

  package var callCount: UInt64 { poller.kernelCallCount + otherCallCount }

  package mutating func attempt(_ request: Request) -> Int32 {
    otherCallCount += request.callCount
    return Self.attempt(request)
  }

  static func attempt(_ request: Request) -> Int32 {
    let descriptor = request.descriptor.rawValue
    let memory = unsafe UnsafeMutableRawPointer(bitPattern: UInt(request.operand))
    switch request.operation {
    case .receive:
      return unsafe WaitlessCalls.receive(descriptor, memory, Int(request.count))
    case .send:
      return unsafe WaitlessCalls.send(descriptor, memory, Int(request.count))
    case .receiveMessage:
      let isWhole = request.options.contains(.fullLength)
      return unsafe WaitlessCalls.receiveMessage(descriptor, memory, tellingFullLength: isWhole)
    case .sendMessage:
      return unsafe WaitlessCalls.sendMessage(descriptor, memory)
    case .accept:
      return unsafe WaitlessCalls.accept(from: descriptor, addressInto: memory)
    case .connect:
      return request.connectWithoutWaiting()
    case .poll:
      return WaitlessCalls.poll(descriptor, mask: request.count)
    case .read:
      return unsafe WaitlessCalls.read(descriptor, memory, Int(request.count))
    case .readFile:
      return readFile(request)
    case .shutdown:
      return request.descriptor.shutDown(direction: Int32(bitPattern: request.count))
    case .close:
      return WaitlessCalls.close(descriptor)
    case .nop, .sendZeroCopy, .pollRemove, .cancel, .message, .timeout, .linkTimeout, .splice:
      return -Errno.invalidArgument.rawValue
    }
  }

  /// Reads a file, whose bytes may have to come from a disk.
  private static func readFile(_ request: Request) -> Int32 {
    guard let transfer = unsafe UnsafePointer<FileTransfer>(bitPattern: UInt(request.operand))
    else { return -Errno.badAddress.rawValue }
    let place = unsafe transfer.pointee
    let memory = unsafe UnsafeMutableRawPointer(bitPattern: place.memory)
    return unsafe WaitlessCalls.readFile(
      place.source.rawValue, memory, Int(request.count), at: place.offset)
  }

  package mutating func pendingError(of descriptor: Int32) -> Int32 {
    Descriptor.file(FileDescriptor(rawValue: descriptor)).pendingError
  }

  package mutating func tellsEmptyByShortReceive(_ descriptor: Int32) -> Bool {
    WaitlessCalls.isTCP(descriptor)
  }

  package mutating func watch(_ descriptor: Int32, again: Bool) -> Int32 {
    poller.watch(descriptor, again: again)
  }

  package mutating func unwatch(_ descriptor: Int32) {
    try? poller.deregister(FileDescriptor(rawValue: descriptor))
  }

  package mutating func makeNonblocking(_ descriptor: Int32) -> Int32 {
    otherCallCount += 2
    return WaitlessCalls.makeNonblocking(descriptor)
  }

  package mutating func duplicate(_ descriptor: Int32) -> Int32 {
    WaitlessCalls.duplicate(descriptor)
  }

  package mutating func wait(
    into events: inout [ReadinessEvent], timeout: Duration?
  ) throws(Errno) {
    // Nobody has its waker: a loop is woken by an event descriptor of its own.
    _ = try poller.wait(into: &events, timeout: timeout)
  }

  package var now: UInt64 { monotonicNanoseconds() }

  package mutating func pause(for duration: Duration) {
    usleep(UInt32(clamping: duration.clampedNanoseconds / 1000))
  }
}

extension Request {
  /// System calls that a try takes: a connect changes its socket's mode for the time of the call, a
  /// read polls.
  fileprivate var callCount: UInt64 {
    switch operation {
    case .read: 2
    case .connect: 4
    default: 1
    }
  }
}
