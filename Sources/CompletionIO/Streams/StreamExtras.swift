// SPDX-License-Identifier: Apache-2.0

/// Properties that few streams have at a time, in memory that the others do without: a connection
/// that waits for its next message should cost little.
final class StreamExtras {
  /// Another policy than the loop's.
  var policy: ResubmissionPolicy?
  /// Other marks of unsent bytes than the loop's.
  var marks: (low: Int, high: Int)?
  /// Whether more than the high-water mark was unsent, and not yet less than the low-water mark.
  var isAboveMark = false
  /// Whether received bytes are being delivered that had waited.
  var isDelivering = false
  /// Tasks that wait for the end of the sending half.
  var finishers: [WaitID] = []
  /// Tasks that wait until the descriptor is free.
  var closers: [WaitID] = []
  /// Ends a close whose peer does not read, or does not end.
  var closeDeadline: WaitID?
  /// Ends what a reader waits for, however often it receives.
  var readDeadline: WaitID?
  /// Whether that has passed while nobody was receiving.
  var hasReadDeadlinePassed = false
  /// Tasks that wait until fewer bytes are unsent.
  var roomWaiters: [WaitID] = []
  /// How long a close lingers, if it does.
  var linger: LingerLimit?
  /// Whether the descriptor stays open when the stream closes, for whoever it was given to.
  var isGivenAway = false
  /// Called when the listener that has accepted the stream closes.
  var listenerCloseHandlers: [@Sendable () -> Void] = []
  /// A receive that ends when that listener closes.
  var idleWait: WaitID?
  /// Whether that listener has closed.
  var hasListenerClosed = false
  /// Sees that something moves, where that is limited.
  var watch: IdleWatch?
  /// Called when the stream is closed, behind its delegate.
  var whenClosed: (() -> Void)?
  /// Why the peer's fate is not a good one.
  var fateFailure: StreamFailure?
  lazy var message = GatheredMessage()
  /// Whether a task receives messages with descriptors.
  var receivesMessages = false
  /// Whether a task receives through a pipe.
  var isPassing = false
  /// Sends of tasks that take more than bytes.
  var specialSends: [SpecialSend] = []
}

extension SocketStream {
  /// The stream's extras, made where there are none yet.
  var madeExtras: StreamExtras {
    if let extras { return extras }
    let made = StreamExtras()
    extras = made
    return made
  }

  /// The policy for the answer "not now"; the loop's policy at first.
  ///
  /// Used on the loop's thread.
  public var policy: ResubmissionPolicy {
    get {
      // Without a reference to the extras, which would be counted.
      guard extras != nil else { return loop.configuration.policy }
      return extras?.policy ?? loop.configuration.policy
    }
    set {
      waiting = SendHalf.Waiting(newValue)
      if extras != nil || newValue != policy { madeExtras.policy = newValue }
    }
  }

  /// Bytes of queued sends above which a handler's stream stops receiving and a task waits for room,
  /// and below which they go on.
  var unsentMarks: (low: Int, high: Int) {
    extras?.marks ?? (loop.configuration.unsentByteLimit / 2, loop.configuration.unsentByteLimit)
  }

  /// Sets the marks of unsent bytes.
  ///
  /// - Parameters:
  ///   - low: In bytes; when no more are left, `drained` is called and receiving goes on.
  ///   - high: In bytes; above it a stream with a handler stops receiving.
  public func setUnsentMarks(low: Int, high: Int) {
    onLoop { $0.madeExtras.marks = (max(0, min(low, high)), max(0, high)) }
  }
}
