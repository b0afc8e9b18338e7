// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import Glibc

extension Kernel where Self: ~Copyable {
  @inlinable
  package mutating func takeCallCount() -> UInt64 { 0 }

  package mutating func pause(for duration: Duration) {
    usleep(UInt32(clamping: duration.clampedNanoseconds / 1000))
  }
}

extension Ring: Kernel {
  package var now: UInt64 { monotonicNanoseconds() }

  package mutating func shutdown(_ descriptor: Descriptor, direction: Int32) -> Int32 {
    descriptor.shutDown(direction: direction)
  }

  package mutating func connectWithoutWaiting(_ request: Request) -> Int32 {
    request.connectWithoutWaiting()
  }

  package mutating func pendingError(of descriptor: Descriptor) -> Int32 {
    descriptor.pendingError
  }
}

// System calls that do better than a request, or where there are no requests.
extension Descriptor {
  /// shutdown(2); 0 or a negated errno.
  package func shutDown(direction: Int32) -> Int32 {
    assert(!isDirect, "shutdown(2) takes an ordinary descriptor")
    return Glibc.shutdown(rawValue, direction) == 0 ? 0 : -Glibc.errno
  }

  /// The socket's pending error (`SO_ERROR`) as a negated errno, or 0: getsockopt(2).
  package var pendingError: Int32 {
    assert(!isDirect, "getsockopt(2) takes an ordinary descriptor")
    var error: Int32 = 0
    var byteCount = socklen_t(MemoryLayout<Int32>.size)
    let result = unsafe getsockopt(rawValue, SOL_SOCKET, SO_ERROR, &error, &byteCount)
    return result == 0 ? -error : -Glibc.errno
  }
}

extension Request {
  /// connect(2) without a wait, in any mode of the socket; 0 or a negated errno.
  package func connectWithoutWaiting() -> Int32 {
    assert(operation == .connect && !descriptor.isDirect)
    return curing_connect_without_waiting(descriptor.rawValue, operand, count)
  }
}
