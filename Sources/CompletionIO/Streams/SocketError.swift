public import SystemPackage
public import Uring

/// What went wrong with a socket, and what to do about it.
public struct SocketError: Error, Hashable, Sendable {
  // One reference, because each call that may throw keeps room for an error in its task's frame.
  private let details: SocketErrorDetails

  /// Describes a failure.
  @inline(never)
  public init(
    _ operation: SocketOperation, _ errno: Errno, cause: Cause = .kernel,
    peer: SocketAddress? = nil, attempts: Int = 1, byteCount: Int = 0,
    addressError: SocketAddressError? = nil, option: SocketOptionName? = nil
  ) {
    details = SocketErrorDetails(
      operation: operation, errno: errno, cause: cause, peer: peer, attempts: attempts,
      byteCount: byteCount, addressError: addressError, option: option)
  }

  /// What was being done.
  public var operation: SocketOperation { details.operation }
  /// The kernel's errno, or the one that says the same: ETIMEDOUT, ECANCELED, ENOBUFS, ESHUTDOWN,
  /// ERANGE, EXDEV, ENODATA, EMSGSIZE.
  public var errno: Errno { details.errno }
  /// Who says so.
  public var cause: Cause { details.cause }
  /// The other end, where it is known; for a listener its own address.
  public var peer: SocketAddress? { details.peer }
  /// Submissions that it took.
  public var attempts: Int { details.attempts }
  /// Bytes of this operation that did move before it failed: for a send, exactly how many went
  /// out.
  public var byteCount: Int { details.byteCount }
  /// What is wrong with the text, where an address was given as one.
  public var addressError: SocketAddressError? { details.addressError }
  /// Which option was being set or read.
  public var option: SocketOptionName? { details.option }

  /// Who says that an operation failed.
  public enum Cause: UInt8, Hashable, Sendable {
    /// The kernel, by the errno.
    case kernel
    /// The operation's deadline passed.
    case timeout
    /// Its task was cancelled.
    case cancellation
    /// The connection or listener was closed by this program.
    case closed
    /// The sending half was ended by this program.
    case finished
    /// Another task does the same already, which only one can.
    case busy
    /// The loop is stopping or has ended.
    case loopStopped
    /// The text is not an address.
    case badAddress
    /// The loop has as many operations on their way as it may have.
    case tableFull
    /// The option cannot have this value.
    case badValue
    /// The socket is in a loop's direct table, where it has no number for system calls.
    case directDescriptor
    /// The call was made on another thread than the loop's.
    case wrongThread
    /// The stream has ended in the middle of what a reader was to read.
    case endOfStream
    /// More bytes have come than what a reader was to read may have.
    case tooLong
  }

  static func loopStopped(_ operation: SocketOperation) -> Self {
    Self(operation, .socketShutdown, cause: .loopStopped)
  }

  static func tableFull(_ operation: SocketOperation, _ peer: SocketAddress? = nil) -> Self {
    Self(operation, .noBufferSpace, cause: .tableFull, peer: peer)
  }

  static func closed(_ operation: SocketOperation) -> Self {
    Self(operation, .badFileDescriptor, cause: .closed)
  }

  static func busy(_ operation: SocketOperation, _ peer: SocketAddress? = nil) -> Self {
    Self(operation, .resourceBusy, cause: .busy, peer: peer)
  }

  init(_ operation: SocketOperation, _ failure: StreamFailure, peer: SocketAddress? = nil) {
    self.init(
      operation, failure.errno, cause: failure.cause, peer: peer,
      attempts: Int(max(1, failure.attempts)))
  }
}

/// What was being done to a socket.
public enum SocketOperation: String, Hashable, Sendable {
  /// Making a socket: socket(2).
  case open
  /// Setting an option: setsockopt(2).
  case setOption
  /// Reading an option: getsockopt(2).
  case readOption
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
    case .open, .setOption, .readOption, .accept, .connect, .receive, .send, .shutdown, .close,
      .operation:
      false
    }
  }
}

extension SocketError: CustomStringConvertible {
  /// Operation, errno, peer, attempts, and what to do, in one line.
  public var description: String {
    let subject = option.map { "\(operation.rawValue) \($0)" } ?? operation.rawValue
    var text = "\(subject) failed: \(errno) (\(errno.rawValue))"
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
    case .finished: "this program has ended its sending half, behind which nothing can be sent"
    case .busy: busyAdvice
    case .loopStopped: "its loop is stopping"
    case .tableFull: "raise LoopConfiguration.flightLimit or start fewer operations"
    case .badAddress: addressError.map { "\($0)" } ?? "the text is no address"
    case .badValue: "the option cannot have this value; its documentation says what it can have"
    case .directDescriptor:
      "it is a direct descriptor; set the option on its listener, or use no direct descriptors"
    case .wrongThread: "call it on the thread of the socket's loop"
    case .endOfStream: "the peer has ended the stream in the middle of a message"
    case .tooLong: "the peer's message is longer than its limit; raise that or give the peer up"
    case .kernel: option == nil ? kernelAdvice : optionAdvice
    }
  }

  private var optionAdvice: String {
    switch errno {
    case .protocolNotAvailable, .notSupportedOnSocket:
      "this kind of socket, or this kernel, has no such option"
    case .notPermitted, .permissionDenied:
      "this value needs rights that the process has not: CAP_NET_ADMIN for most options"
    case .noSuchFileOrDirectory, .operationNotSupportedByDevice:
      "there is nothing of this name: look at the device or the algorithm"
    case .invalidArgument:
      "the kernel does not take this value, or not any more in the socket's state"
    default:
      "the kernel refused it"
    }
  }

  private var busyAdvice: String {
    operation == .accept
      ? "the listener is served already; bind another one, or accept in one way only"
      : "another task is receiving on the connection; let one task receive at a time"
  }

  private var kernelAdvice: String {
    switch errno {
    case .addressInUse, .addressNotAvailable, .addressFamilyNotSupported: addressAdvice
    case .permissionDenied, .notPermitted:
      peer?.port == nil
        ? "not allowed; look at the rights of the socket's file and of its folder"
        : "not allowed; ports below 1024 need CAP_NET_BIND_SERVICE, and a firewall may refuse"
    case .noSuchFileOrDirectory:
      "there is no such file or folder; a server makes the file when it binds"
    case .connectionRefused:
      "nobody listens there, or the listener's backlog is full"
    case .connectionReset, .brokenPipe:
      "the peer has closed or reset the connection"
    case .timedOut:
      "the peer does not answer"
    case .tooManyOpenFiles:
      "raise RLIMIT_NOFILE, use direct descriptors, or keep fewer connections"
    case .tooManyOpenFilesInSystem:
      "the system has no descriptor left; raise the sysctl fs.file-max, or close some"
    case .resourceTemporarilyUnavailable, .nowInProgress, .alreadyInProcess:
      "it would block; try later, or use the policy .completion"
    case .noBufferSpace, .noMemory:
      "the kernel is short of memory for sockets"
    case .networkUnreachable, .noRouteToHost:
      "there is no route to the peer; look at the addresses and routes of this machine"
    case .socketNotConnected:
      "the socket is not connected, or not any more"
    case .invalidArgument:
      "the kernel does not take this argument; look at the address and the options"
    default:
      "the kernel refused it"
    }
  }

  private var addressAdvice: String {
    let isPath = peer.map { $0.port == nil } ?? false
    if errno == .addressFamilyNotSupported {
      return "this machine has no such protocol; use an IPv4 address where there is no IPv6"
    }
    if errno == .addressInUse {
      return isPath
        ? "the file is there already; if no server uses it any more, remove it and bind again"
        : "another socket has this address; choose another port or stop the other program"
    }
    if operation != .connect { return "no interface of this machine has this address" }
    return peer?.isLoopback == true
      ? "this machine has no such loopback address, or no local port is free"
      : "no local address or port is free for this peer"
  }
}

extension SocketAddress {
  /// Whether the address is one of this machine alone: 127.0.0.0/8 or ::1.
  fileprivate var isLoopback: Bool {
    let text = description
    return text.hasPrefix("127.") || text.hasPrefix("[::1]")
  }
}
