internal import Uring

/// What few streams have at a time, in memory that the others do without: a connection that waits
/// for its next message should cost little.
@safe
final class StreamExtras {
  /// Another policy than the loop's.
  var policy: ResubmissionPolicy?
  /// Why queued bytes were lost that nobody waited for, which whoever comes next is told.
  var loss: (result: Int32, cause: SocketError.Cause)?
  /// Sends with a deadline, or that have been asked to end.
  var endingSends: [EndingSend] = []
  /// Tasks that end the sending half once nothing is left to send.
  var finishers: [Finisher] = []
  /// Whether a shutdown of the sending half is on its way.
  var isShuttingDown = false
  /// Ends the draining of a stream whose peer does not read.
  var drainTimer: Token?
  /// Whether a send has been cut short: its part may have been told in place of a reset (io_send),
  /// and then a receive sees an end that is none.
  var hasCutSend = false
  /// Tasks that wait for the end of closing.
  var closeWaiters: [UnsafeContinuation<Void, Never>] = unsafe []
}

extension SocketStream {
  /// The stream's extras, made where there are none yet.
  var madeExtras: StreamExtras {
    if let extras { return extras }
    let made = StreamExtras()
    extras = made
    return made
  }

  /// What to do when the kernel says "not now"; the loop's policy at first.
  public var policy: ResubmissionPolicy {
    get { extras?.policy ?? loop.configuration.policy }
    set { if extras != nil || newValue != policy { madeExtras.policy = newValue } }
  }

  var endingSends: [EndingSend] {
    get { extras?.endingSends ?? [] }
    set { madeExtras.endingSends = newValue }
  }

  /// Whether any send has been asked to end.
  var hasEndingSends: Bool {
    guard let extras else { return false }
    return extras.endingSends.contains { $0.hasEnded }
  }

  var finishers: [Finisher] {
    get { extras?.finishers ?? [] }
    set { madeExtras.finishers = newValue }
  }

  /// Whether any task waits for the end of the sending half.
  var hasFinishers: Bool {
    guard let extras else { return false }
    return !extras.finishers.isEmpty
  }
}
