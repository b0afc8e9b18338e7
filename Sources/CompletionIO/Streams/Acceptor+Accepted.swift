// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Accepts that have ended, and the connections that they carry.
extension Acceptor {
  func afterAccept(_ outcome: Outcome) {
    let hadAsked = hasAsked
    if accepts.isEmpty { hasAsked = false }
    switch state {
    case .closing:
      if accepts.isEmpty { finish() }
    case .paused, .closed:
      break
    case .onDemand:
      guard let error = outcome.error else { return }
      guard outcome.isTransient else { return fail(error, attempts: outcome.attempts) }
      isAsked = false
      wouldBlock(
        StreamFailure(code: outcome.result, attempts: Int32(clamping: outcome.attempts)))
    case .accepting:
      if outcome.result >= 0 || (hadAsked && outcome.isTransient) { return resume() }
      if let error = outcome.error { fail(error, attempts: outcome.attempts) }
    }
  }

  private func fail(_ error: Errno, attempts: Int) {
    failure = SocketError(
      .accept, error, peer: isBoundToOne ? local.address : nil, attempts: attempts)
    close()
  }

  func take(_ number: Int32, _ peer: SocketAddress?) {
    let descriptor: Descriptor =
      isDirect ? .direct(number) : .file(FileDescriptor(rawValue: number))
    // A cancelled accept can still carry a connection.
    guard state < .closing, !loop.isStopping else {
      return refuse(descriptor, peer, .closing)
    }
    guard setOptions(of: descriptor, peer) else { return refuse(descriptor, peer, .options) }
    guard loop.streams.hasRoom, waiting.isEmpty else {
      waiting.append((descriptor, peer))
      if !isDirect { cancelAccepts() }
      return waitForRoom()
    }
    handOver(makeStream(descriptor, peer))
  }

  /// Closes a connection of which no stream is made.
  func refuse(
    _ descriptor: Descriptor, _ peer: SocketAddress?, _ reason: RefusedConnection.Reason
  ) {
    if let refused {
      let calls = loop.socketCalls
      let peer = peer ?? descriptor.fileDescriptor.flatMap { try? calls.peerAddress(of: $0) }
      refused(RefusedConnection(peerAddress: peer, reason: reason, stream: nil))
    }
    loop.close(descriptor)
    if descriptor.isDirect { loop.streams.places.giveBack() }
  }

  func handOutWaiting() {
    while !waiting.isEmpty, loop.streams.hasRoom { accepted(makeWaitingStream()) }
  }

  /// Makes a stream of the connection that has waited longest for room.
  func makeWaitingStream() -> SocketStream {
    let (descriptor, peer) = waiting.removeFirst()
    return makeStream(descriptor, peer)
  }

  /// Makes a stream of an accepted connection.
  ///
  /// The kernel tells a multishot accept no addresses, and a connection that was reset before has
  /// none any more.
  func makeStream(_ descriptor: Descriptor, _ peer: SocketAddress?) -> SocketStream {
    loop.countAccepted()
    let file = descriptor.fileDescriptor
    let calls = loop.socketCalls
    let stream = SocketStream(
      descriptor, on: loop, peer: peer ?? file.flatMap { try? calls.peerAddress(of: $0) },
      local: isBoundToOne ? local : local(of: file), policy: policy)
    stream.countAsAccepted()
    return stream
  }

  /// The own address of a connection that came to a wildcard; most have that of the one before.
  private func local(of file: FileDescriptor?) -> SharedAddress {
    let address = file.flatMap { try? loop.socketCalls.localAddress(of: $0) }
    if address != local.address { local = SharedAddress(address) }
    return local
  }
}
