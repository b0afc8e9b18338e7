// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// One loop's end of a listener: turns connections into streams.
///
/// A multishot accept does it where the kernel has it; into a direct table, as many single ones as
/// have a place there. It accepts nothing while the flight table has no room for another stream.
final class Acceptor: OperationOwner, @unchecked Sendable {
  // Unchecked: everything that changes is used on the loop's thread only.

  let loop: CompletionLoop
  let listener: FileDescriptor
  let policy: ResubmissionPolicy
  /// The own address of its connections; behind a wildcard that of the last one.
  var local: SharedAddress
  /// Whether all connections have the same own address, which is the listener's.
  let isBoundToOne: Bool
  /// Options of each connection.
  let acceptedSettings: [SocketSetting]
  /// Where single accepts into a direct table put their peers' addresses, by their tokens.
  var accepts: [(token: Token, peer: PeerMemory?)] = []
  private var spareMemory: [PeerMemory] = []
  /// Connections that were accepted when the flight table had no room for them, and their peers'
  /// addresses where the accept has told them.
  var waiting: [(descriptor: Descriptor, peer: SocketAddress?)] = []
  var state = State.paused
  /// Whether a connection is wanted, on demand.
  var isAsked = false
  /// Whether accepts were asked to end that have not ended yet.
  var hasAsked = false
  var failure: SocketError?
  var closers: [WaitID] = []
  var accepted: (SocketStream) -> Void = { $0.close() }
  var ended: (SocketError?) -> Void = { _ in }
  /// Called once, when the acceptor begins to close.
  var closing: () -> Void = {}
  var wouldBlock: (StreamFailure) -> Void = { _ in }
  /// Called with each connection of which no stream is made.
  var refused: ((RefusedConnection) -> Void)?
  /// Called when the loop drains, before the acceptor closes.
  var draining: () -> Void = {}

  /// The state of an acceptor.
  enum State {
    /// Takes no connections for now.
    case paused
    case accepting
    /// Takes connections one by one, as they are asked for.
    case onDemand
    /// Was closed; accepts that are with the kernel have been asked to end.
    case closing
    /// The listening socket is closed.
    case closed
  }

  /// - Parameters:
  ///   - listener: A listening socket, which the acceptor owns from now on.
  ///   - address: The address that it is bound to.
  ///   - loop: Accepts, and gets the connections.
  ///   - policy: That of accepts on demand, and of the connections; the loop's if `nil`.
  ///   - settings: Options of each connection.
  init(
    _ listener: FileDescriptor, at address: SocketAddress, on loop: CompletionLoop,
    policy: ResubmissionPolicy?, settings: [SocketSetting] = []
  ) {
    acceptedSettings = settings
    self.listener = listener
    self.loop = loop
    self.policy = policy ?? loop.configuration.policy
    // Behind a wildcard each connection has an address of its own.
    local = SharedAddress(address.isWildcard ? nil : address)
    isBoundToOne = !address.isWildcard
    super.init()
  }

  /// Has the loop close the listening socket when it stops; closes it if the loop is stopping, or
  /// if its flight table is too small for a connection besides the listeners.
  func open() {
    guard !loop.isStopping else { return finish() }
    guard loop.streams.canAddAcceptor else {
      failure = .tableFull(.listen, local.address)
      return finish()
    }
    loop.registry.add(self)
    loop.streams.acceptorCount += 1
  }

  /// Starts to accept.
  ///
  /// - Parameters:
  ///   - accepted: Called with each connection.
  ///   - ended: Called once: without an error when the acceptor was closed.
  func start(
    accepted: @escaping (SocketStream) -> Void, ended: @escaping (SocketError?) -> Void
  ) {
    guard state == .paused, !loop.isStopping else {
      return ended(loop.isStopping ? .loopStopped(.accept) : failure)
    }
    self.accepted = accepted
    self.ended = ended
    resume()
  }

  /// Readies the acceptor for accepts on demand, under its policy: ``acceptOne()``.
  ///
  /// - Parameters:
  ///   - accepted: Called with each connection.
  ///   - wouldBlock: Called when an accept has found nobody, and its policy does not wait.
  ///   - ended: Called once: without an error when the acceptor was closed.
  func startOnDemand(
    accepted: @escaping (SocketStream) -> Void, wouldBlock: @escaping (StreamFailure) -> Void,
    ended: @escaping (SocketError?) -> Void
  ) {
    guard state == .paused, !loop.isStopping else {
      return ended(loop.isStopping ? .loopStopped(.accept) : failure)
    }
    state = .onDemand
    self.accepted = accepted
    self.wouldBlock = wouldBlock
    self.ended = ended
  }

  /// Takes one connection, unless an accept is on its way already; once there is room for it.
  func acceptOne() {
    guard state == .onDemand, accepts.isEmpty else { return }
    isAsked = true
    if !waiting.isEmpty, loop.streams.hasRoom { return handOver(makeWaitingStream()) }
    guard loop.streams.hasRoom else { return waitForRoom() }
    if isDirect, !loop.streams.places.reserve(for: self, having: 0) { return }
    let peer = spareMemory.popLast() ?? PeerMemory()
    var request = peer.accept(
      from: .file(listener), options: isDirect ? .intoDirectTable : [])
    if policy.asksNotToWait { request.askNotToWait() }
    if !begin(request, policy: policy, peer: peer), isDirect { loop.streams.places.giveBack() }
  }

  func handOver(_ stream: SocketStream) {
    isAsked = false
    accepted(stream)
  }

  /// Whether an accept is with the kernel.
  var isAccepting: Bool { !accepts.isEmpty }

  /// Takes no more connections until ``resume()``.
  func pause() {
    guard state == .accepting else { return }
    state = .paused
    cancelAccepts()
  }

  func cancelAccepts() {
    hasAsked = !accepts.isEmpty
    for accept in accepts { loop.core.cancel(accept.token) }
  }

  /// Takes connections again.
  func resume() {
    guard state.mayAccept else { return }
    state = .accepting
    handOutWaiting()
    guard state == .accepting else { return }
    guard loop.streams.hasRoom else { return waitForRoom() }
    if isDirect { return acceptIntoTable() }
    guard accepts.isEmpty else { return }
    let from = Descriptor.file(listener)
    let request: Request =
      loop.core.forms.acceptMultishot ? .acceptMultishot(from: from) : .accept(from: from)
    _ = begin(request, policy: .completion, peer: nil)
  }

  private func acceptIntoTable() {
    while loop.streams.places.reserve(for: self, having: accepts.count) {
      let peer = spareMemory.popLast() ?? PeerMemory()
      let request = peer.accept(from: .file(listener), options: .intoDirectTable)
      guard begin(request, policy: .completion, peer: peer) else {
        return loop.streams.places.giveBack()
      }
    }
  }

  private func begin(
    _ request: Request, policy: ResubmissionPolicy, peer: PeerMemory?
  ) -> Bool {
    guard let token = loop.begin(request, policy: policy, owner: self) else {
      if accepts.isEmpty { waitForRoom() }
      return false
    }
    accepts.append((token, peer))
    return true
  }

  /// Takes connections again, if accepting was paused.
  func resumeIfPaused() {
    if state == .paused { resume() }
  }

  func waitForRoom() {
    loop.forgetRoom(self)
    loop.notifyOfRoom(self)
  }

  override func beforeSubmit() { resumeIfNotPaused() }

  /// Goes on after a wait for a place or for room.
  func resumeIfNotPaused() {
    switch state {
    case .accepting: resume()
    case .onDemand: if isAsked { acceptOne() }
    case .paused, .closing, .closed: break
    }
  }

  var isDirect: Bool { loop.configuration.directDescriptorCount > 0 }

  override func stop() {
    close()
  }

  override func drain() {
    draining()
    close()
  }

  override func add(to load: inout LoopLoad) { load.sockets += 1 }

  override func cancel(_ wait: WaitID, because cause: WaitEnd) {
    // A wait for the end of closing ends with it and not before.
  }

  override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    let peer = outcome.hasMore ? nil : remove(outcome.token)
    if outcome.result >= 0 {
      take(outcome.result, peer?.address)
    } else if isDirect {
      loop.streams.places.giveBack()
    }
    if let peer { spareMemory.append(peer) }
    guard isDirect || accepts.isEmpty else { return }
    afterAccept(outcome)
  }

  private func remove(_ token: Token) -> PeerMemory? {
    guard let index = accepts.firstIndex(where: { $0.token == token }) else { return nil }
    return accepts.remove(at: index).peer
  }
}
