internal import SystemPackage
public import Uring

/// A send whose sender no longer waits: its deadline passed or its task was cancelled.
struct EndingSend {
  var sendID: UInt32
  var cause: SocketError.Cause
  /// Its deadline, until it passes.
  var timer: Token?
  var hasEnded = false
}

extension SocketStream {
  /// Queues received bytes to be sent and returns at once; the buffer returns to the pool when
  /// they are out.
  ///
  /// Pool buffers never wait for a peer: what the socket does not take at once is copied, so that
  /// peers that do not read cannot use up the pool.
  ///
  /// - Parameter lease: The bytes; dropped if the stream cannot send any more, which the handler's
  ///   `ended` or the next send tells.
  public func send(_ lease: consuming BufferLease) {
    precondition(loop.isCurrent, "a stream sends on its loop's thread")
    guard canSend, lease.byteCount > 0 else { return }
    unsafe enqueue(lease, sendID: 0, sender: nil)
  }

  /// Queues a copy of bytes to be sent and returns at once.
  ///
  /// - Parameter bytes: Copied before the call returns.
  public func send(copying bytes: RawSpan) {
    precondition(loop.isCurrent, "a stream sends on its loop's thread")
    guard canSend, !bytes.isEmpty else { return }
    let address = unsafe bytes.withUnsafeBytes { source in
      unsafe source.baseAddress.map { unsafe copyToHeap($0, byteCount: source.count) }
    }
    guard let address else { return }
    unsafe enqueue(
      Chunk(
        address: address, byteCount: UInt32(bytes.byteCount), bufferIndex: 0, memory: .heap,
        next: -1, base: address, sendID: 0, sender: nil))
  }

  var canSend: Bool { closing == .open && sendFailure == 0 }

  func enqueue(
    _ lease: consuming BufferLease, sendID: UInt32,
    sender: UnsafeContinuation<SendEnd, Never>?
  ) {
    var chunk = Chunk(owning: lease, home: loop.poolIdentity)
    chunk.sendID = sendID
    unsafe chunk.sender = unsafe sender
    enqueue(chunk)
  }

  func enqueue(_ chunk: Chunk) {
    var chunk = chunk
    // What is sent waits for the peer, so this must wait too, which pool buffers never do.
    if sending == .waiting, chunk.memory == .pool { moveOutOfPool(&chunk) }
    unsafe unsent.append(chunk, to: &loop.core.pointee.chunks)
    getInLine()
  }

  /// Has the loop start a send in this turn, when everything of the last batch is queued.
  private func getInLine() {
    guard sending == .idle else { return }
    sending = .inLine
    unsafe loop.senders.pointee.append(self)
  }

  /// Hands as much as one send can gather to the kernel.
  func startSending() {
    guard sending == .inLine else { return }
    sending = .idle
    // What an abort has left in line its senders are told of when the stream is closed.
    guard closing != .ending else { return }
    guard unsafe !unsent.isEmpty else { return finishDraining() }
    startSending(mayWait: false)
  }

  private func startSending(mayWait: Bool) {
    let (request, pinsPool) = gather()
    var submission = request
    var policy = policy
    if pinsPool {
      (submission.options, policy) = (.doNotWait, .nonblocking)
    } else if mayWait {
      (submission.options, policy) = ([.waitForAll, .pollFirst], .completion)
    } else {
      submission.options = policy.asksNotToWait ? .doNotWait : .waitForAll
    }
    sending = pinsPool ? .trying : .waiting
    if !pinsPool, unsafe unsent.byteCount > Int(request.count) { copyPooledChunks() }
    guard let token = loop.begin(submission, policy: policy, owner: self) else {
      sending = .idle
      return refuseSends()
    }
    sendToken = token
    inFlightByteCount = request.count
    operationCount += 1
  }

  /// The request for the chunks at the head of the line, and whether any is in the pool.
  private func gather() -> (request: Request, pinsPool: Bool) {
    let head = unsafe loop.core.pointee.chunks[unsent.head]
    if head.next < 0 {
      guard let start = unsafe UnsafeRawPointer(bitPattern: head.address) else {
        preconditionFailure("a chunk has memory")
      }
      return unsafe (
        .send(start, byteCount: Int(head.byteCount), to: descriptor), head.memory == .pool
      )
    }
    let message = message ?? GatheredMessage()
    self.message = message
    var (index, byteCount, pinsPool) = unsafe (unsent.head, 0, false)
    for piece in 0..<GatheredMessage.pieceLimit where index >= 0 {
      let chunk = unsafe loop.core.pointee.chunks[index]
      // One completion reports at most Int32.max bytes.
      guard byteCount + Int(chunk.byteCount) <= Int(Int32.max) else { break }
      message.set(piece, address: chunk.address, byteCount: chunk.byteCount)
      byteCount += Int(chunk.byteCount)
      pinsPool = pinsPool || chunk.memory == .pool
      index = chunk.next
    }
    return unsafe (
      .sendMessage(message.address, byteCount: byteCount, to: descriptor), pinsPool
    )
  }

  func didSend(_ outcome: Outcome) {
    operationCount -= 1
    let wasTrying = sending == .trying
    // What it ended with because it was asked to; said by itself it is a failure like any other.
    let wasAskedToEnd = closing == .ending || hasEndingSends
    let wasCancelled = wasAskedToEnd && outcome.isTransient
    sending = .idle
    let moved = outcome.byteCount
    if moved > 0, moved < inFlightByteCount, !wasTrying { madeExtras.hasCutSend = true }
    unsafe loop.core.pointee.statistics.bytesSent += UInt64(moved)
    if moved > 0 { consume(moved) }
    endMarkedSends()
    let wouldBlock = outcome.error == .resourceTemporarilyUnavailable
    if outcome.result < 0, !wouldBlock, !wasCancelled {
      sendFailure = outcome.result
      failSends(outcome.result, cause: .kernel, attempts: outcome.attempts)
    } else if unsafe !unsent.isEmpty, closing != .ending {
      continueSending(outcome, wasTrying: wasTrying, wouldBlock: wouldBlock)
    }
    if sending == .idle, unsafe unsent.isEmpty { finishDraining() }
    if closing == .ending { finishClosingIfDone() }
  }

  /// Sends what is left: at once, once the peer has read, or as the policy says.
  private func continueSending(_ outcome: Outcome, wasTrying: Bool, wouldBlock: Bool) {
    let isPartial = outcome.byteCount < inFlightByteCount && !outcome.wasCancelled
    guard wouldBlock || isPartial else { return startSending(mayWait: false) }
    copyPooledChunks()
    // The try was not the policy's, and a part of a message is no answer to one that goes on.
    if wasTrying || !wouldBlock, policy != .nonblocking {
      return startSending(mayWait: policy == .completion)
    }
    // Whoever waits hears that it would block. Queued bytes have nobody to tell, so they wait.
    failSends(
      -Errno.resourceTemporarilyUnavailable.rawValue, cause: .kernel, attempts: outcome.attempts,
      sparingQueued: true)
    if unsafe !unsent.isEmpty { startSending(mayWait: true) }
  }

  /// Moves everything in line out of the pool, whose buffers must not wait for a peer.
  private func copyPooledChunks() {
    var index = unsafe unsent.head
    while index >= 0 {
      withChunk(index) { if $0.memory == .pool { moveOutOfPool(&$0) } }
      index = unsafe loop.core.pointee.chunks[index].next
    }
  }

  private func moveOutOfPool(_ chunk: inout Chunk) {
    guard let start = unsafe UnsafeRawPointer(bitPattern: chunk.address) else { return }
    unsafe loop.core.pointee.statistics.sendsCopied += 1
    chunk.address = unsafe copyToHeap(start, byteCount: Int(chunk.byteCount))
    chunk.base = chunk.address
    chunk.memory = .heap
    loop.pool.returnReleased(chunk.bufferIndex)
  }

  private func withChunk(_ index: Int32, _ body: (inout Chunk) -> Void) {
    unsafe body(&loop.core.pointee.chunks[index])
  }
}

/// Copies bytes to memory of their own.
///
/// - Returns: Its address; to be deallocated.
@unsafe
func copyToHeap(_ source: UnsafeRawPointer, byteCount: Int) -> UInt {
  let copy = UnsafeMutableRawPointer.allocate(byteCount: max(1, byteCount), alignment: 16)
  unsafe copy.copyMemory(from: source, byteCount: byteCount)
  return UInt(bitPattern: copy)
}
