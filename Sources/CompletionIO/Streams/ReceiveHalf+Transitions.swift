// SPDX-License-Identifier: Apache-2.0

// The receiving half as a table: state × event → state and action. Pure.
extension ReceiveHalf {
  /// The state of the half.
  enum State: Hashable {
    /// Nothing is with the kernel.
    case idle
    /// A receive into buffers of the pool is with the kernel.
    case armed
    /// That receive was asked to end, because too much is unclaimed or unsent.
    case pausing
    /// A receive into the caller's memory is with the kernel.
    case reading
    /// The receive was asked to end, because nothing has come for long; a poll takes its place.
    case quieting
    /// A poll waits for bytes in place of a receive.
    case polling
    /// The stream seems to have ended; a poll asks whether it was reset.
    case confirming
    case ended(ReceiveEnd)
  }

  /// An event of the half.
  enum Event: Hashable {
    /// Somebody wants bytes, and there is room for them.
    case wanted
    /// No more bytes are wanted for now.
    case full
    /// A receive into buffers of the pool is on its way.
    case armed
    /// A receive into the caller's memory is on its way.
    case reading
    /// Nothing has come for long.
    case quiet
    /// A poll for bytes is on its way.
    case polling
    /// There is no flight for what the last action asked for.
    case refused
    /// The kernel has answered a receive.
    case answered(Answer)
    /// The poll behind a seeming end was answered: whether the connection has hung up.
    case hungUp(Bool)
    /// The end of the sending half was answered, which proves whether there was a reset.
    case sendingFinished(StreamFailure?)
    /// The program wants no more bytes, ever.
    case stopped
  }

  /// The result of a receive.
  enum Answer: Hashable {
    /// Bytes came, and the receive goes on.
    case bytes
    /// Bytes came, and the receive has ended.
    case lastBytes
    /// The kernel says that the stream has ended.
    case endOfStream
    /// The receive ended without saying anything of the socket.
    case nothing
    /// Nothing has come, and the policy does not wait.
    case wouldBlock(StreamFailure)
    case failed(StreamFailure)
  }

  /// Facts that the table needs besides the state.
  struct Facts: Hashable {
    var fate = PeerFate.alive
    /// Whether the program wants no more bytes, ever.
    var isStopped = false
    /// Whether a reset may have been told to a send only.
    var mayHideReset = false
    /// Whether the sending half has ended, or is about to.
    var sending = Sending.open

    /// How far the sending half's end is.
    enum Sending: Hashable {
      case open
      /// The kernel is ending it.
      case finishing
      /// The kernel has ended it, which proves that there was no reset before.
      case finished
    }
  }

  /// The stream's next step.
  enum Action: Hashable {
    case none
    /// Submit a receive.
    case arm
    /// Ask the kernel to cancel the receive.
    case cancelReceive
    /// Submit a poll in place of the receive, if bytes are wanted.
    case poll
    /// Submit a poll that tells a reset from an end.
    case confirm
    /// Tell those who wait that there is no flight.
    case refuse
    /// Arm again, if bytes are wanted and there is room.
    case resume
    /// Tell those who wait what came.
    case tell
    /// Tell those who wait that a receive would block.
    case tellWouldBlock(StreamFailure)
  }

  /// Decides what follows.
  ///
  /// - Returns: `nil` where the event cannot happen.
  static func transition(
    _ state: State, _ event: Event, _ facts: Facts
  ) -> (State, Action)? {
    switch (state, event) {
    case (.idle, .wanted): (.idle, .arm)
    case (.idle, .full): (.idle, .none)
    case (.idle, .armed): (.armed, .none)
    case (.idle, .reading): (.reading, .none)
    case (.idle, .polling): (.polling, .none)
    case (.idle, .refused): (.idle, .refuse)
    case (.idle, .stopped): ended(facts)
    case (.idle, .answered), (.idle, .hungUp), (.idle, .quiet): nil
    case (.armed, .wanted): (.armed, .none)
    case (.armed, .full): (.pausing, .cancelReceive)
    case (.armed, .answered(let answer)): after(answer, .armed, facts)
    case (.armed, .quiet): (.quieting, .cancelReceive)
    case (.armed, .stopped), (.pausing, .stopped), (.reading, .stopped): (state, .cancelReceive)
    case (.armed, .armed), (.armed, .reading), (.armed, .refused), (.armed, .hungUp),
      (.armed, .polling):
      nil
    case (.pausing, .wanted), (.pausing, .full): (.pausing, .none)
    case (.pausing, .answered(let answer)): after(answer, .pausing, facts)
    case (.pausing, .armed), (.pausing, .reading), (.pausing, .refused), (.pausing, .hungUp),
      (.pausing, .quiet), (.pausing, .polling):
      nil
    case (.reading, .wanted), (.reading, .full): (.reading, .none)
    case (.reading, .answered(let answer)): after(answer, .reading, facts)
    case (.reading, .armed), (.reading, .reading), (.reading, .refused), (.reading, .hungUp),
      (.reading, .quiet), (.reading, .polling):
      nil
    case (.quieting, _), (.polling, _): quietTransition(state, event, facts)
    case (.confirming, .wanted), (.confirming, .full), (.confirming, .stopped): (state, .none)
    case (.confirming, .hungUp(let hasHungUp)): confirmed(hasHungUp, facts)
    case (.confirming, .refused): confirmed(false, facts)
    case (.confirming, .sendingFinished(nil)): ended(facts)
    case (.confirming, .sendingFinished): (.ended(.failed(.reset)), .tell)
    case (.confirming, .armed), (.confirming, .reading), (.confirming, .answered),
      (.confirming, .quiet), (.confirming, .polling):
      nil
    case (.ended, .wanted), (.ended, .full), (.ended, .stopped), (.ended, .hungUp): (state, .none)
    case (.ended, .armed), (.ended, .reading), (.ended, .refused), (.ended, .answered),
      (.ended, .quiet), (.ended, .polling):
      nil
    case (.idle, .sendingFinished), (.armed, .sendingFinished), (.pausing, .sendingFinished),
      (.reading, .sendingFinished), (.ended, .sendingFinished):
      (state, .none)
    }
  }

  /// Decides what follows on a stream on which nothing has come for long.
  private static func quietTransition(
    _ state: State, _ event: Event, _ facts: Facts
  ) -> (State, Action)? {
    switch (state, event) {
    case (_, .armed), (_, .reading), (_, .polling), (_, .refused), (_, .hungUp), (_, .quiet): nil
    case (_, .wanted), (_, .sendingFinished): (state, .none)
    case (_, .stopped): (state, .cancelReceive)
    case (.quieting, .full): (.pausing, .none)
    case (_, .full): (.pausing, .cancelReceive)
    case (.quieting, .answered(.nothing)) where !facts.isStopped: (.idle, .poll)
    case (.quieting, .answered(let answer)): after(answer, state, facts)
    // Whatever the poll says, a receive says more.
    case (_, .answered(.nothing)): after(.nothing, state, facts)
    case (_, .answered): nil
    }
  }

  private static func after(
    _ answer: Answer, _ state: State, _ facts: Facts
  ) -> (State, Action)? {
    switch answer {
    case .bytes: state == .reading ? nil : (state, .none)
    case .lastBytes where facts.isStopped, .nothing where facts.isStopped: ended(facts)
    case .lastBytes, .nothing: (.idle, .resume)
    case .wouldBlock(let failure): (.idle, .tellWouldBlock(failure))
    case .failed(let failure): (.ended(.failed(failure)), .tell)
    case .endOfStream where facts.sending == .finished || !facts.mayHideReset: ended(facts)
    case .endOfStream:
      // The end of the sending half, if that is with the kernel, will tell as much as a poll.
      (.confirming, facts.sending == .finishing ? .none : .confirm)
    }
  }

  /// A connection that has hung up, though this side has ended no direction, was reset.
  ///
  /// Behind our own end of the sending half it hangs up in good order too (tcp_poll).
  private static func confirmed(_ hasHungUp: Bool, _ facts: Facts) -> (State, Action) {
    if hasHungUp, facts.sending == .finishing { return (.confirming, .none) }
    if hasHungUp, facts.sending == .open { return (.ended(.failed(.reset)), .tell) }
    return ended(facts)
  }

  private static func ended(_ facts: Facts) -> (State, Action) {
    (.ended(ReceiveEnd(afterEndOfStream: facts.fate)), .tell)
  }
}
