internal import CLiburing
internal import SystemPackage

/// How a ring finds out what its kernel can do where the kernel has no list of it.
extension Ring {
  /// The opcodes of requests that the kernel knows; none where it cannot be asked.
  ///
  /// The corresponding C function is `io_uring_get_probe_ring` (Linux 5.6).
  func probeOpcodes() -> Set<UInt8> {
    guard let probe = unsafe io_uring_get_probe_ring(cell) else { return [] }
    defer { unsafe io_uring_free_probe(probe) }
    let supported = (UInt8.min...UInt8.max).filter { opcode in
      unsafe curing_probe_supports(probe, opcode) != 0
    }
    return Set(supported)
  }

  /// Registers one of each kind, and takes it back.
  mutating func tryRegistrations() -> KernelFeatures {
    var features: KernelFeatures = []
    if (try? makeDirectTable(capacity: 1)) != nil {
      features.insert(.directDescriptors)
      try? dropDirectTable()
    }
    if isDescriptorRegistered { features.insert(.registeredRingDescriptor) }
    // A pool's memory is the kernel's only while it is registered.
    if let pool = try? BufferPool(capacity: 1, bufferSize: 1) {
      if tryBufferRing(pool, flags: 0) { features.insert(.bufferRing) }
      if tryBufferRing(pool, flags: CURING_PBUF_RING_INC) { features.insert(.incrementalBuffers) }
    }
    if KernelFeatures.askByQuery() != nil { features.insert(.query) }
    // A kernel that knows SEND_MSG_RING answers EINVAL to a call without a request, any older one
    // EBADF to the descriptor -1.
    if curing_send_nothing() == -Errno.invalidArgument.rawValue {
      features.insert(.sendMessageRing)
    }
    return features
  }

  private mutating func tryBufferRing(_ pool: BufferPool, flags: UInt16) -> Bool {
    let result = unsafe curing_register_buffer_ring(
      cell, pool.entries, UInt32(pool.capacity), pool.group, flags)
    guard result >= 0 else { return false }
    try? unregister(pool)
    return true
  }

  /// Makes requests on no descriptor: known ones fail with EBADF, unknown ones with EINVAL,
  /// because the kernel checks a request's fields before it looks for its file (io_init_req).
  ///
  /// - Throws: ``RingSetupError`` where the kernel does not take them at all.
  mutating func tryRequests() throws(RingSetupError) -> KernelFeatures {
    let nothing = Descriptor.file(FileDescriptor(rawValue: -1))
    let trials: [(KernelFeature, Request)] = [
      (.pollMultishot, .poll(nothing, mask: CURING_POLLIN, options: .multishot)),
      (.acceptMultishot, .acceptMultishot(from: nothing)),
      (.acceptPollFirst, .accept(from: nothing, options: .pollFirst)),
      (.acceptDoNotWait, .accept(from: nothing, options: .doNotWait)),
      (.receiveMultishot, .receiveMultishot(nothing, bufferGroup: 0)),
      (.pollFirst, .receive(nothing, bufferGroup: 0, options: .pollFirst)),
      (.cancelAll, .cancelAll),
    ]
    for (slot, (_, request)) in trials.enumerated() {
      let token = Token(slot: slot, generation: 0, operation: request.operation)
      guard prepare(request, token: token) else {
        preconditionFailure("a ring for trials has room for \(trials.count)")
      }
    }
    var features: KernelFeatures = []
    var batch = [Completion](
      repeating: Completion(token: Token(rawValue: 0), result: 0), count: trials.count)
    var completedCount = 0
    while completedCount < trials.count {
      // Without SUBMIT_ALL a refused request ends the batch, so there may be several turns.
      do {
        _ = try enter(minimumCompletionCount: 1)
      } catch {
        guard error == .interrupted else { throw .diagnose(error) }
      }
      let count = unsafe batch.withUnsafeMutableBufferPointer { unsafe reap(into: $0) }
      for completion in batch[..<count] where completion.error != .invalidArgument {
        features.insert(trials[completion.token.slot].0)
      }
      completedCount += count
    }
    return features
  }
}
