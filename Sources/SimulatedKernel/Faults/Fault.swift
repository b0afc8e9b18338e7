// SPDX-License-Identifier: Apache-2.0

public import SystemPackage
public import Uring

/// One way in which a kernel can make life hard.
public enum Fault: Hashable, Sendable {
  /// An operation is answered with an error, whether or not it could have been done.
  ///
  /// Errors that end connections end the connection that the operation was on: ECONNRESET, EPIPE,
  /// ETIMEDOUT; ECONNABORTED, EPROTO and EPERM end the one that would have been accepted.
  case answer(Uring.Operation, Errno)
  /// io_uring_enter(2) itself fails: EINTR, EAGAIN, ENOMEM or EBUSY, when the kernel could say so.
  /// On readiness epoll_wait(2) does, with EINTR or ENOMEM.
  case enter(Errno)
  /// A descriptor cannot be watched: epoll_ctl(2) fails, with ENOMEM or ENOSPC. Only on
  /// ``SimulationConfiguration/Model/readiness``.
  case watch(Errno)
  /// A send takes fewer bytes than it could.
  case shortSend
  /// A receive brings fewer bytes than it could.
  case shortReceive
  /// Bytes arrive at the other end in smaller pieces than they were sent in.
  case shortTransfer
  /// A multishot request ends with an answer that went well.
  case multishotEnd
  /// A request notices late that it can go on, or a timeout that its time is up.
  case lateWakeUp
  /// Requests that are ready go on in another order than they became so.
  case reordering
  /// A completion finds the completion queue full and is kept outside of it.
  case completionQueueOverflow
  /// The submission queue is full before its time.
  case submissionQueueFull
  /// An enter takes only a part of what was prepared.
  case partialSubmission
  /// A cancel, or a linked timeout, finds its target at work (EALREADY); it ends a little later, in
  /// its own way.
  case cancelTooLate
  /// A cancel, or a linked timeout, finds its target neither waiting nor at work (ENOENT, EALREADY),
  /// and leaves it alone.
  case cancelMissed
  /// A datagram is lost on its way.
  case datagramLoss
  /// A datagram overtakes those that its socket has sent before.
  case datagramReordering
  /// A cancelled request completes before the cancel does, or before the timeout that ends it.
  case targetBeforeCancel
  /// A wait tells of a socket to which nothing has come. Only on
  /// ``SimulationConfiguration/Model/readiness``.
  case spuriousReadiness
}

extension Fault {
  /// Whether the fault ends a connection, keeps one from being made or loses a datagram, so that a
  /// program cannot but notice.
  var endsConnections: Bool {
    // An accept or a wait is told that the user may watch no more descriptors (epoll_ctl(2)).
    if self == .datagramLoss || self == .watch(.noSpace) { return true }
    guard case .answer(let operation, let error) = self else { return false }
    switch operation {
    case .connect:
      return ![.nowInProgress, .alreadyInProcess, .interrupted, .socketIsConnected]
        .contains(error)
    default:
      return [
        .connectionReset, .brokenPipe, .timedOut, .connectionAbort, .protocolError, .notPermitted,
        .connectionRefused,
      ].contains(error)
    }
  }

  /// Whether only completions that are made of readiness can meet the fault.
  package var isOfReadiness: Bool {
    switch self {
    case .watch, .spuriousReadiness: true
    default: false
    }
  }

  /// Every fault that there is a row for in the table of resubmission policies, and all others.
  public static let all: [Fault] =
    answers + [
      .enter(.interrupted), .enter(.resourceTemporarilyUnavailable), .enter(.noMemory),
      .enter(.resourceBusy), .shortSend, .shortReceive, .shortTransfer, .multishotEnd, .lateWakeUp,
      .reordering, .completionQueueOverflow, .submissionQueueFull, .partialSubmission,
      .cancelTooLate, .cancelMissed, .targetBeforeCancel, .datagramLoss, .datagramReordering,
      .watch(.noMemory), .watch(.noSpace), .spuriousReadiness,
    ]

  private static let answers: [Fault] =
    answers(
      to: .accept,
      [
        .resourceTemporarilyUnavailable, .interrupted, .canceled, .connectionAbort,
        .protocolError, .notPermitted, .tooManyOpenFiles, .tooManyOpenFilesInSystem,
        .noBufferSpace, .noMemory,
      ])
    + answers(
      to: .receive,
      [
        .resourceTemporarilyUnavailable, .interrupted, .canceled, .noBufferSpace, .noMemory,
        .connectionReset, .timedOut,
      ])
    + answers(
      to: .receiveMessage,
      [
        .resourceTemporarilyUnavailable, .interrupted, .canceled, .noBufferSpace, .noMemory,
        .connectionRefused,
      ])
    + answers(to: .send, sendErrors) + answers(to: .sendMessage, sendErrors)
    + answers(to: .sendZeroCopy, sendErrors)
    + answers(
      to: .connect,
      [
        .nowInProgress, .alreadyInProcess, .interrupted, .socketIsConnected,
        .resourceTemporarilyUnavailable, .connectionRefused, .timedOut, .noBufferSpace, .noMemory,
      ])
    + answers(to: .poll, [.interrupted]) + answers(to: .read, [.interrupted])
    + answers(to: .close, [.interrupted])
    + answers(
      to: .splice,
      [
        .resourceTemporarilyUnavailable, .interrupted, .invalidArgument, .connectionReset,
        .timedOut,
      ])

  private static let sendErrors: [Errno] = [
    .resourceTemporarilyUnavailable, .interrupted, .noBufferSpace, .noMemory, .connectionReset,
    .brokenPipe, .timedOut,
  ]

  private static func answers(to operation: Uring.Operation, _ errors: [Errno]) -> [Fault] {
    errors.map { .answer(operation, $0) }
  }
}

extension Fault: CustomStringConvertible {
  /// A few words, as a summary of a run shows them.
  public var description: String {
    switch self {
    case .answer(let operation, let error): "\(operation): \(error)"
    case .enter(let error): "enter: \(error)"
    case .watch(let error): "watch: \(error)"
    case .shortSend: "short send"
    case .shortReceive: "short receive"
    case .shortTransfer: "short transfer"
    case .multishotEnd: "end of a multishot"
    case .lateWakeUp: "late wake-up"
    case .reordering: "reordering"
    case .completionQueueOverflow: "completion queue overflow"
    case .submissionQueueFull: "submission queue full"
    case .partialSubmission: "partial submission"
    case .cancelTooLate: "cancel too late"
    case .cancelMissed: "cancel that missed"
    case .targetBeforeCancel: "target before its cancel"
    case .spuriousReadiness: "spurious readiness"
    case .datagramLoss: "loss of a datagram"
    case .datagramReordering: "datagram that overtakes"
    }
  }
}
