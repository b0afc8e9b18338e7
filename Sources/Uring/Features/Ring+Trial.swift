// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import SystemPackage

/// The opcodes of requests that a ring's kernel knows; none where it cannot be asked.
///
/// The corresponding C function is `io_uring_get_probe_ring` (Linux 5.6).
@unsafe
func knownOpcodes(of ring: UnsafeMutablePointer<io_uring>) -> Set<UInt8> {
  guard let probe = unsafe io_uring_get_probe_ring(ring) else { return [] }
  defer { unsafe io_uring_free_probe(probe) }
  let supported = (UInt8.min...UInt8.max).filter { opcode in
    unsafe curing_probe_supports(probe, opcode) != 0
  }
  return Set(supported)
}

/// How a ring finds out what its kernel can do where the kernel has no list of it.
extension Ring {
  /// The opcodes of requests that the kernel knows.
  func probeOpcodes() -> Set<UInt8> {
    unsafe knownOpcodes(of: cell)
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
    // A kernel that knows SEND_MSG_RING looks for the ring that the message goes to.
    if curing_message_no_ring() == -Errno.badFileDescriptor.rawValue {
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

  /// Makes requests of a socket on an eventfd that can be read: known ones complete, mostly with
  /// ENOTSOCK, unknown ones fail with EINVAL.
  ///
  /// The descriptor has to be a good one: up to Linux 5.18 a request's file is looked for before
  /// its fields are checked (io_init_req).
  ///
  /// - Throws: ``RingSetupError`` where the kernel does not take them at all.
  mutating func tryRequests() throws(RingSetupError) -> KernelFeatures {
    let event: EventDescriptor
    do throws(Errno) {
      event = try EventDescriptor()
    } catch {
      throw .diagnose(error)
    }
    event.signal()
    return try withExtendedLifetime(event) { () throws(RingSetupError) in
      try tryRequests(on: .file(event.descriptor))
    }
  }

  private mutating func tryRequests(
    on event: Descriptor
  ) throws(RingSetupError) -> KernelFeatures {
    let trials: [(KernelFeature, Request)] = [
      (.pollMultishot, .poll(event, mask: CURING_POLLIN, options: .multishot)),
      (.acceptMultishot, .acceptMultishot(from: event)),
      (.acceptPollFirst, .accept(from: event, options: .pollFirst)),
      (.acceptDoNotWait, .accept(from: event, options: .doNotWait)),
      (.receiveMultishot, .receiveMultishot(event, bufferGroup: 0)),
      (.pollFirst, .receive(event, bufferGroup: 0, options: .pollFirst)),
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
    // A multishot poll may complete more than once.
    var completed: Set<Int> = []
    while completed.count < trials.count {
      // Without SUBMIT_ALL a refused request ends the batch, so there may be several turns.
      do {
        _ = try enter(minimumCompletionCount: 1)
      } catch {
        guard error == .interrupted else { throw .diagnose(error) }
      }
      let count = unsafe batch.withUnsafeMutableBufferPointer { unsafe reap(into: $0) }
      for completion in batch[..<count] {
        let slot = completion.token.slot
        if completion.error != .invalidArgument { features.insert(trials[slot].0) }
        completed.insert(slot)
      }
    }
    return features
  }
}
