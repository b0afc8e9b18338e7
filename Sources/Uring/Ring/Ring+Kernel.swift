internal import CLiburing
internal import Glibc

extension Kernel where Self: ~Copyable {
  package mutating func pause(for duration: Duration) {
    usleep(UInt32(clamping: duration.clampedNanoseconds / 1000))
  }
}

extension Ring: Kernel {
  package var now: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  package mutating func shutdown(_ descriptor: Descriptor, direction: Int32) -> Int32 {
    assert(!descriptor.isDirect, "shutdown(2) takes an ordinary descriptor")
    return Glibc.shutdown(descriptor.rawValue, direction) == 0 ? 0 : -Glibc.errno
  }

  package mutating func connectWithoutWaiting(_ request: Request) -> Int32 {
    assert(request.operation == .connect && !request.descriptor.isDirect)
    return curing_connect_without_waiting(
      request.descriptor.rawValue, request.operand, request.count)
  }

  package mutating func pendingError(of descriptor: Descriptor) -> Int32 {
    assert(!descriptor.isDirect, "getsockopt(2) takes an ordinary descriptor")
    var error: Int32 = 0
    var byteCount = socklen_t(MemoryLayout<Int32>.size)
    let result = unsafe getsockopt(
      descriptor.rawValue, SOL_SOCKET, SO_ERROR, &error, &byteCount)
    return result == 0 ? -error : -Glibc.errno
  }
}
