public import SystemPackage
public import Uring

/// What went wrong with a socket, and what to do about it.
public struct SocketError: Error, Hashable, Sendable {
  /// What was being done.
  public let operation: SocketOperation
  /// The kernel's errno, or the one that says the same: ETIMEDOUT, ECANCELED, ENOBUFS, ESHUTDOWN.
  public let errno: Errno
  /// Who says so.
  public let cause: Cause
  /// The other end, where it is known; for a listener its own address.
  public let peer: SocketAddress?
  /// Submissions that it took.
  public let attempts: Int
  /// Bytes of this operation that did move before it failed: for a send, exactly how many went
  /// out.
  public let byteCount: Int
  /// What is wrong with the text, where an address was given as one.
  public let addressError: SocketAddressError?

  /// Describes a failure.
  public init(
    _ operation: SocketOperation, _ errno: Errno, cause: Cause = .kernel,
    peer: SocketAddress? = nil, attempts: Int = 1, byteCount: Int = 0,
    addressError: SocketAddressError? = nil
  ) {
    self.operation = operation
    self.errno = errno
    self.cause = cause
    self.peer = peer
    self.attempts = attempts
    self.byteCount = byteCount
    self.addressError = addressError
  }

  /// Who says that an operation failed.
  public enum Cause: Hashable, Sendable {
    /// The kernel, by the errno.
    case kernel
    /// The operation's deadline passed.
    case timeout
    /// Its task was cancelled.
    case cancellation
    /// The connection or listener was closed by this program.
    case closed
    /// The loop is stopping or has ended.
    case loopStopped
    /// The text is not an address.
    case badAddress
    /// The loop has as many operations on their way as it may have.
    case tableFull
  }

  static func loopStopped(_ operation: SocketOperation) -> Self {
    Self(operation, .socketShutdown, cause: .loopStopped)
  }

  static func tableFull(_ operation: SocketOperation) -> Self {
    Self(operation, .noBufferSpace, cause: .tableFull)
  }

  static func closed(_ operation: SocketOperation) -> Self {
    Self(operation, .badFileDescriptor, cause: .closed)
  }

  static func cancelled(_ operation: SocketOperation, byteCount: Int = 0) -> Self {
    Self(operation, .canceled, cause: .cancellation, byteCount: byteCount)
  }
}

/// What was being done to a socket.
public enum SocketOperation: String, Hashable, Sendable {
  /// Making a socket: socket(2).
  case open
  /// Setting an option: setsockopt(2).
  case setOption
  /// Giving a socket its address: bind(2).
  case bind
  /// Starting to listen: listen(2).
  case listen
  /// Taking a connection.
  case accept
  /// Connecting.
  case connect
  /// Receiving.
  case receive
  /// Sending.
  case send
  /// Ending one direction or both.
  case shutdown
  /// Closing.
  case close
  /// An operation of a framework's own.
  case operation
}

extension SocketOperation {
  /// Whether the address of a failure is the socket's own.
  fileprivate var namesOwnAddress: Bool {
    switch self {
    case .bind, .listen: true
    case .open, .setOption, .accept, .connect, .receive, .send, .shutdown, .close, .operation:
      false
    }
  }
}

extension SocketError: CustomStringConvertible {
  /// Operation, errno, peer, attempts, and what to do, in one line.
  public var description: String {
    var text = "\(operation.rawValue) failed: \(errno) (\(errno.rawValue))"
    if let peer { text += ", \(operation.namesOwnAddress ? "address" : "peer") \(peer)" }
    if attempts > 1 { text += ", after \(attempts) attempts" }
    if byteCount > 0 { text += ", after \(byteCount) bytes" }
    return text + "; " + advice
  }

  /// What to do about it.
  public var advice: String {
    switch cause {
    case .timeout: "the deadline passed; allow more time or give the peer up"
    case .cancellation: "its task was cancelled"
    case .closed: "it was closed by this program"
    case .loopStopped: "its loop is stopping"
    case .tableFull: "raise LoopConfiguration.flightLimit or start fewer operations"
    case .badAddress: addressError.map { "\($0)" } ?? "the text is no address"
    case .kernel: Self.advice(for: errno, operation)
    }
  }

  private static func advice(for errno: Errno, _ operation: SocketOperation) -> String {
    switch errno {
    case .addressInUse:
      "another socket has this address; choose another port or stop the other program"
    case .addressNotAvailable:
      operation == .connect
        ? "no free local port; use more source addresses" : "no interface has this address"
    case .permissionDenied, .notPermitted:
      "not allowed; ports below 1024 need CAP_NET_BIND_SERVICE"
    case .connectionRefused:
      "nobody listens there, or the listener's backlog is full"
    case .connectionReset, .brokenPipe:
      "the peer has closed or reset the connection"
    case .timedOut:
      "the peer does not answer"
    case .tooManyOpenFiles, .tooManyOpenFilesInSystem:
      "raise RLIMIT_NOFILE, use direct descriptors, or keep fewer connections"
    case .resourceTemporarilyUnavailable, .nowInProgress, .alreadyInProcess:
      "it would block; try later, or use the policy .completion"
    case .noBufferSpace, .noMemory:
      "the kernel is short of memory for sockets"
    case .networkUnreachable, .noRouteToHost:
      "there is no route to the peer"
    default:
      "see errno(3)"
    }
  }
}
