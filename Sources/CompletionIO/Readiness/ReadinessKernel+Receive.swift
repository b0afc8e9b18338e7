// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension ReadinessKernel where Calls: ~Copyable {
  mutating func receive(_ request: inout WaitingRequest) -> Progress {
    guard request.request.options.contains(.selectBuffer) else {
      return receiveIntoMemory(&request)
    }
    // After so many in a row another request gets its turn (MULTISHOT_MAX_RETRY).
    for _ in 0..<32 {
      guard let pool, pool.group == request.request.bufferGroup, let index = buffers.last else {
        return .done(-Errno.noBufferSpace.rawValue)
      }
      let limit = request.request.count == 0 ? pool.bufferSize : Int(request.request.count)
      let byteCount = min(limit, pool.bufferSize)
      let result = calls.attempt(
        unsafe .receive(
          request.request.descriptor, into: pool.memory(of: index), byteCount: byteCount,
          options: request.request.options))
      // Without bytes no buffer is taken.
      guard result > 0 else { return emptyHanded(request, result) }
      buffers.removeLast()
      let flags = Completion.Flags(holding: index)
      guard request.request.isMultishot, !isFull() else { return .done(result, flags) }
      post(request.token, result, flags.union(.more))
      if Int(result) < byteCount, isEmpty(request.request.descriptor.rawValue) { return .wait }
    }
    return .goOn
  }

  func hasBuffer(of group: UInt16) -> Bool { pool?.group == group && !buffers.isEmpty }

  private mutating func receiveIntoMemory(_ request: inout WaitingRequest) -> Progress {
    while true {
      let result = calls.attempt(request.request.advanced(by: request.doneByteCount))
      guard result > 0 else { return emptyHanded(request, result) }
      request.doneByteCount += UInt32(result)
      let isWhole = request.doneByteCount >= request.request.count
      guard request.goesOnUntilAll, !isWhole else {
        return .done(Int32(bitPattern: request.doneByteCount))
      }
    }
  }

  /// The outcome of a try that has brought nothing; what had come before is told first.
  func emptyHanded(_ request: borrowing WaitingRequest, _ result: Int32) -> Progress {
    if Self.wouldWait(result), !request.mustNotWait { return .wait }
    let done = Int32(bitPattern: request.doneByteCount)
    return .done(done > 0 ? done : result)
  }

  /// Whether a receive that has filled less than its memory has left nothing; not known of every
  /// socket, nor where urgent data or an end is in the way.
  private mutating func isEmpty(_ descriptor: Int32) -> Bool {
    guard watches.indices.contains(Int(descriptor)) else { return false }
    var facts = watches[Int(descriptor)].facts
    guard facts.contains(.isWatched) else { return false }
    if !facts.contains(.isKnown) {
      facts.insert(.isKnown)
      if calls.tellsEmptyByShortReceive(descriptor) { facts.insert(.tellsEmpty) }
      watches[Int(descriptor)].facts = facts
    }
    return facts.contains(.tellsEmpty) && !facts.contains(.isUnusual)
  }
}

extension Completion.Flags {
  /// The flags of a completion that brings a provided buffer.
  init(holding index: UInt16) {
    self = Self(rawValue: UInt32(index) << 16).union(.buffer)
  }
}
