// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Calls of tasks, on the loop's thread: each call does its work at once, or opens a wait.
extension DatagramEndpoint {
  /// The first result of a receive, or the wait for it.
  enum Receipt: ~Copyable {
    case datagram(Datagram)
    case end
    case wait(WaitID)
  }

  /// Takes what has come, or waits for it.
  func receive(timeout: Duration?) throws(SocketError) -> Receipt {
    operationsAtOnce &+= 1
    guard closing == .open else { throw error(.receive, .closed) }
    guard receiving.receiver == nil, handler == nil else { throw error(.receive, .busy) }
    if receiving.hasNews || receiving.hasStopped { return try takeReceived() }
    operationsAtOnce = 0
    countAsService()
    let wait = loop.openWait(for: self, timeout: timeout)
    receiving.receiver = wait
    wantDatagrams()
    return .wait(wait)
  }

  /// Takes the result of a receive's wait that is over.
  ///
  /// A datagram that came at the last moment has come, and waits for the next receive.
  func finishReceive(_ result: WaitResult) throws(SocketError) -> Receipt {
    receiving.receiver = nil
    if let failure = result.failure { throw error(.receive, failure) }
    guard closing == .open else { throw error(.receive, .closed) }
    return try takeReceived()
  }

  private func takeReceived() throws(SocketError) -> Receipt {
    defer { wantDatagrams() }
    if !receiving.isEmpty { return .datagram(receiving.takeFirst()) }
    if let failure = receiving.failure {
      receiving.failure = nil
      throw error(.receive, failure)
    }
    if let failure = receiving.end { throw error(.receive, failure) }
    return .end
  }

  /// Queues a borrowed datagram and opens a wait for its end.
  func send(
    _ bytes: InputMemory, to address: SocketAddress?, _ options: DatagramSendOptions,
    timeout: Duration?
  ) throws(SocketError) -> WaitID {
    // A sender that waits is one datagram, and so needs no room.
    if let refusal = sendRefusal(0, options), refusal.cause != .tableFull {
      operationsAtOnce &+= 1
      throw error(.send, refusal, peer: address)
    }
    operationsAtOnce = 0
    let wait = loop.openWait(for: self, timeout: timeout)
    append(OutgoingDatagram(borrowing: bytes, in: block(to: address, options), wait: wait))
    return wait
  }

  /// Opens a wait for room in the queue; `nil` if there is some.
  func waitForRoom(_ byteCount: Int, timeout: Duration?) throws(SocketError) -> WaitID? {
    guard closing == .open else { throw error(.send, .closed) }
    operationsAtOnce &+= 1
    if hasRoom(for: byteCount) { return nil }
    operationsAtOnce = 0
    let wait = loop.openWait(for: self, timeout: timeout)
    roomWaits.append(wait)
    return wait
  }

  /// Opens a wait for the end of everything that is queued; `nil` if nothing is.
  func flush(timeout: Duration?) throws(SocketError) -> WaitID? {
    guard closing == .open else { throw error(.send, .closed) }
    operationsAtOnce &+= 1
    guard sending.count > 0 else { return nil }
    operationsAtOnce = 0
    let wait = loop.openWait(for: self, timeout: timeout)
    flushes.append((wait, sending.endNumber))
    return wait
  }

  /// Throws the failure of a send that nobody has waited for, once.
  func throwLostFailure() throws(SocketError) {
    guard let failure = lostFailure else { return }
    lostFailure = nil
    throw error(.send, failure)
  }

  /// Closes and opens a wait for the end of that; `nil` if the descriptor is free already.
  func closeAndWait() -> WaitID? {
    guard closing != .closed else { return nil }
    let wait = loop.openWait(for: self, timeout: nil)
    closers.append(wait)
    close()
    return wait
  }

  func endEarly(_ wait: WaitID, because cause: WaitEnd) {
    if closeDeadline == wait { return stopOperations() }
    if receiving.receiver == wait { return fail(wait, StreamFailure(cause)) }
    if let index = roomWaits.firstIndex(of: wait) {
      roomWaits.remove(at: index)
      return fail(wait, StreamFailure(cause))
    }
    if let index = flushes.firstIndex(where: { $0.wait == wait }) {
      flushes.remove(at: index)
      return fail(wait, StreamFailure(cause))
    }
    // A wait for the end of closing ends with it and not before.
    guard let place = sending.place(of: wait) else { return }
    guard case .flying(let token) = sending[place].state else {
      end(place, StreamFailure(cause))
      return afterSending()
    }
    // The memory is the kernel's until its last word.
    sending[place].earlyEnd = sending[place].earlyEnd ?? cause
    loop.core.cancel(token)
  }
}
