// SPDX-License-Identifier: Apache-2.0

// The sending half as a table: state × event → state and action. Pure.
extension SendHalf {
  /// The state of the half.
  enum State: Hashable {
    /// Nothing is with the kernel, nothing was asked for.
    case idle
    /// The loop will notify the stream before it submits next.
    case enlisted
    /// A send is with the kernel.
    case sending(Mode)
    /// The end of the sending half is with the kernel.
    case finishing
    /// The program has ended the sending half.
    case finished
    /// Nothing can be sent any more.
    case failed(StreamFailure)
  }

  /// How a send is with the kernel.
  enum Mode: Hashable {
    /// It must not wait, because it holds buffers of the pool.
    case trying
    /// It may wait for the peer.
    case waiting
  }

  /// An event of the half.
  enum Event: Hashable {
    /// A piece was queued.
    case queued
    /// The program wants to end the half.
    case finishRequested
    /// The loop is about to submit.
    case turn
    /// The send that the last action asked for is on its way.
    case started(Mode)
    /// There is no flight for what the last action asked for.
    case refused
    /// The kernel has answered a send.
    case answered(Answer)
    /// Those who wait have been told that their send would block.
    case toldWouldBlock
    /// A queued send is to end early.
    case cancelRequested
    /// The kernel has answered the end of the half.
    case finishAnswered(StreamFailure?)
    /// The stream closes at once.
    case aborted
  }

  /// The result of a send.
  enum Answer: Hashable {
    /// All bytes are out, or the kernel has cancelled the rest as it was asked to.
    case done
    /// A part is out.
    case part
    /// Nothing is out: the socket takes no bytes now.
    case wouldBlock(StreamFailure)
    case failed(StreamFailure)
  }

  /// Facts that the table needs besides the state.
  struct Facts: Hashable {
    /// Whether no piece is queued.
    var isEmpty: Bool
    /// Whether the program has asked for the end of the half.
    var wantsFinish: Bool
    /// Whether something is queued that nobody waits for.
    var holdsUnawaited: Bool
    /// Whether the stream closes at once.
    var isAborted: Bool
    /// Who waits when the socket takes no bytes.
    var waiting: Waiting
  }

  /// Who waits when the socket takes no bytes: what the table has to know of the policy.
  enum Waiting {
    /// The kernel: ``ResubmissionPolicy/completion``.
    case kernel
    /// Nobody: ``ResubmissionPolicy/nonblocking``.
    case nobody
    /// The loop, by pauses or repeats.
    case loop

    init(_ policy: ResubmissionPolicy) {
      switch policy {
      case .completion: self = .kernel
      case .nonblocking: self = .nobody
      case .backoff, .retry: self = .loop
      }
    }
  }

  /// The stream's next step.
  enum Action: Hashable {
    case none
    /// Ask the loop for a turn.
    case enlist
    /// Submit as much as one send can gather.
    case send(mayWait: Bool)
    /// The same, after moving everything out of the pool.
    case copyAndSend(mayWait: Bool)
    /// Ask the kernel to cancel the send.
    case cancelSend
    /// End the sends that were asked to end early.
    case endCancelled
    /// Tell those who wait that their send would block; queued bytes stay.
    case tellWouldBlock(StreamFailure)
    /// Fail everything that is queued.
    case failAll(StreamFailure)
    /// Submit the end of the half.
    case finish
    /// Tell those who wait for the end of the half.
    case tellFinished(StreamFailure?)
  }

  /// Decides what follows.
  ///
  /// - Returns: `nil` where the event cannot happen.
  static func transition(
    _ state: State, _ event: Event, _ facts: Facts
  ) -> (State, Action)? {
    switch (state, event) {
    case (.idle, .queued), (.idle, .finishRequested): (.enlisted, .enlist)
    case (.idle, .started(let mode)): (.sending(mode), .none)
    case (.idle, .refused):
      // Those who wait may try again; bytes that nobody waits for are lost, and with them the half.
      (facts.holdsUnawaited ? .failed(.tableFull) : .idle, .failAll(.tableFull))
    case (.idle, .toldWouldBlock): afterTold(facts)
    case (.idle, .cancelRequested), (.enlisted, .cancelRequested): (state, .endCancelled)
    case (.idle, .aborted), (.enlisted, .aborted): (state, .none)
    case (.idle, .turn): (.idle, .none)
    case (.idle, .answered), (.idle, .finishAnswered): nil
    case (.enlisted, .queued), (.enlisted, .finishRequested): (.enlisted, .none)
    case (.enlisted, .turn): facts.isAborted ? (.idle, .none) : next(facts)
    case (.enlisted, .started), (.enlisted, .refused), (.enlisted, .answered),
      (.enlisted, .toldWouldBlock), (.enlisted, .finishAnswered):
      nil
    case (.sending, .queued), (.sending, .finishRequested), (.sending, .turn): (state, .none)
    case (.sending, .cancelRequested), (.sending, .aborted): (state, .cancelSend)
    case (.sending(let mode), .answered(let answer)): after(answer, mode, facts)
    case (.sending, .started), (.sending, .refused), (.sending, .toldWouldBlock),
      (.sending, .finishAnswered):
      nil
    case (.finishing, .finishRequested), (.finishing, .turn), (.finishing, .cancelRequested),
      (.finishing, .aborted):
      (.finishing, .none)
    case (.finishing, .refused): (.idle, .tellFinished(.tableFull))
    case (.finishing, .finishAnswered(nil)): (.finished, .tellFinished(nil))
    case (.finishing, .finishAnswered(let failure?)): (.failed(failure), .tellFinished(failure))
    case (.finishing, .queued), (.finishing, .started), (.finishing, .answered),
      (.finishing, .toldWouldBlock):
      nil
    case (.finished, .turn), (.finished, .cancelRequested), (.finished, .aborted),
      (.failed, .turn), (.failed, .cancelRequested), (.failed, .aborted):
      (state, .none)
    case (.finished, .finishRequested): (.finished, .tellFinished(nil))
    case (.failed(let failure), .finishRequested): (state, .tellFinished(failure))
    case (.finished, .queued), (.finished, .started), (.finished, .refused),
      (.finished, .answered), (.finished, .toldWouldBlock), (.finished, .finishAnswered),
      (.failed, .queued), (.failed, .started), (.failed, .refused), (.failed, .answered),
      (.failed, .toldWouldBlock), (.failed, .finishAnswered):
      nil
    }
  }

  /// Decides the next step when nothing is with the kernel.
  private static func next(_ facts: Facts) -> (State, Action) {
    guard facts.isEmpty else { return (.idle, .send(mayWait: false)) }
    return facts.wantsFinish ? (.finishing, .finish) : (.idle, .none)
  }

  private static func after(
    _ answer: Answer, _ mode: Mode, _ facts: Facts
  ) -> (State, Action) {
    if case .failed(let failure) = answer { return (.failed(failure), .failAll(failure)) }
    if facts.isAborted { return (.idle, .none) }
    if facts.isEmpty { return next(facts) }
    let isPart: Bool
    switch answer {
    case .part: isPart = true
    case .wouldBlock: isPart = false
    case .done, .failed: return next(facts)
    }
    // The try was not the policy's, and a part of a message is no answer to a send that goes on.
    if mode == .trying || isPart, facts.waiting != .nobody {
      return (.idle, .copyAndSend(mayWait: facts.waiting == .kernel))
    }
    if case .wouldBlock(let failure) = answer { return (.idle, .tellWouldBlock(failure)) }
    return (.idle, .tellWouldBlock(.wouldBlock))
  }

  /// Queued bytes have nobody to tell, so they wait for the peer.
  private static func afterTold(_ facts: Facts) -> (State, Action) {
    facts.isEmpty ? next(facts) : (.idle, .copyAndSend(mayWait: true))
  }
}
