// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import CompletionIO
@testable import Uring

/// Bytes of one piece in a request.
struct Part: Hashable {
  let address: UInt
  let byteCount: Int
}

/// A half that expectations may mention, with pieces at addresses that do not exist.
final class SendHalfBench {
  var half = SendHalf()
  private let storage = QueueStorage<SendPiece>()
  private let message = GatheredMessage()
  private var lastWait: UInt32 = 0
  private(set) var lastOperation: Uring.Operation?
  private(set) var lastMode: SendHalf.Mode?

  /// A piece that has ended.
  struct Ended: Hashable {
    let wait: UInt32?
    let sent: Int
    let left: Int
  }

  var byteCount: Int { half.byteCount }
  var isEmpty: Bool { half.isEmpty }
  var state: SendHalf.State { half.state }
  var refusal: StreamFailure? { half.refusal }
  var isDrained: Bool { half.isDrained }
  var isWithKernel: Bool { half.isWithKernel }
  var mayHideReset: Bool { half.mayHideReset }
  var hasMoreThanInFlight: Bool { half.hasMoreThanInFlight }

  func append(_ byteCount: Int, at address: UInt = 0x1000) {
    lastWait += 1
    let wait = WaitID(slot: lastWait, generation: 1)
    half.append(SendPiece(borrowing: address, byteCount: byteCount, wait: wait), storage)
  }

  func append(_ lease: consuming BufferLease, home: UInt) {
    lastWait += 1
    let home = HomePools(streams: home, messages: home)
    half.append(SendPiece(lease, home: home, recipient: .nobody), storage)
  }

  func appendOwned(_ byteCount: Int) {
    append(unsafe BufferLease(copying: [UInt8](repeating: 7, count: byteCount).span.bytes), home: 0)
  }

  @discardableResult
  func gather() -> [Part] {
    let (request, mode) = half.gather(upTo: LoopConfiguration.oneSendByteLimit, to: .direct(1)) {
      message
    }
    (lastOperation, lastMode) = (request.operation, mode)
    let address = UInt(request.operand)
    guard request.operation == .sendMessage else {
      return [Part(address: address, byteCount: Int(request.count))]
    }
    guard let header = unsafe UnsafePointer<msghdr>(bitPattern: address) else { return [] }
    return unsafe (0..<Int(header.pointee.msg_iovlen)).map { index in
      let vector = unsafe header.pointee.msg_iov[index]
      return unsafe Part(address: UInt(bitPattern: vector.iov_base), byteCount: vector.iov_len)
    }
  }

  func settle(_ count: UInt32) { half.settle(count) }

  func mark(_ wait: UInt32) -> Bool {
    half.mark(WaitID(slot: wait, generation: 1), .cancelled)
  }

  func remove(_ filter: SendHalf.Ended) -> [Ended] {
    var ended: [Ended] = []
    while let piece = half.removeNext(filter, storage) {
      var wait: UInt32?
      if case .wait(let id) = piece.recipient { wait = id.slot }
      ended.append(
        Ended(wait: wait, sent: piece.sentByteCount, left: piece.unsentByteCount))
    }
    return ended
  }

  /// Hands what is queued to the kernel.
  func send(_ mode: SendHalf.Mode) {
    gather()
    _ = half.handle(.started(mode), .kernel, isAborted: false)
  }

  /// Has the kernel answer with a count of bytes.
  func answer(_ count: UInt32) {
    settle(count)
    let action = half.handle(.answered(.part), .kernel, isAborted: false)
    #expect(half.isEmpty || action == .copyAndSend(mayWait: true))
  }

  /// Ends the half.
  func finish() {
    half.wantsFinish = true
    #expect(half.handle(.finishRequested, .kernel, isAborted: false) == .enlist)
    #expect(half.handle(.turn, .kernel, isAborted: false) == .finish)
    #expect(half.handle(.finishAnswered(nil), .kernel, isAborted: false) == .tellFinished(nil))
  }
}
