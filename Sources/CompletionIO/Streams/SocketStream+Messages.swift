// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Receives of messages with descriptors.
extension SocketStream {
  /// Whether descriptors that come are received by those that ask for them only.
  var receivesMessages: Bool {
    guard extras != nil else { return false }
    return extras?.receivesMessages == true
  }

  /// Has no receive armed any more that drops descriptors, now and ahead of demand.
  ///
  /// - Returns: Whether that is so; if not, a later turn of the loop brings it.
  func prepareForMessages(isOwner: Bool) throws(SocketError) -> Bool {
    guard isUnixDomain else {
      throw refused(.receive, StreamFailure(.notSupportedOnSocket, .descriptors))
    }
    if isOwnerCancelled || closing != .open || receiving.hasReceiver,
      let refusal = receiveRefusal(isOwner)
    {
      throw refused(.receive, refusal)
    }
    if !receivesMessages { madeExtras.receivesMessages = true }
    receiving.armsAhead = false
    perform(receiveEvent(.full))
    switch receiving.state {
    case .armed, .pausing, .quieting, .polling: return false
    case .idle, .reading, .confirming, .ended: return true
    }
  }

  /// Takes a message, or bytes that have come without one, or waits for it.
  func receive(
    _ message: DescriptorMessage, into memory: OutputMemory, timeout: Duration?
  ) throws(SocketError) -> Receipt {
    if !receiving.isEmpty || receiving.hasEnded {
      atOnceCount &+= 1
      return try takeReceived(into: memory)
    }
    let wait = loop.openWait(for: self, timeout: timeout)
    atOnceCount = 0
    receiving.receiver = ReceiveHalf.Receiver(wait: wait)
    if receiving.isIdle { read(message.receive(from: descriptor)) }
    return .wait(wait)
  }
}
