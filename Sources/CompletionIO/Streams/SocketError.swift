// SPDX-License-Identifier: Apache-2.0

public import SystemPackage
public import Uring

/// The failure of an operation on a socket, with its remedy.
public struct SocketError: Error, Hashable, Sendable {
  // One reference, because each call that may throw keeps room for an error in its task's frame.
  private let details: SocketErrorDetails

  /// Describes a failure.
  @inline(never)
  public init(
    _ operation: SocketOperation, _ errno: Errno, cause: Cause = .kernel,
    peer: SocketAddress? = nil, attempts: Int = 1, byteCount: Int = 0,
    addressError: SocketAddressError? = nil, option: SocketOptionName? = nil,
    host: String? = nil, resolution: ResolutionFailure? = nil
  ) {
    details = SocketErrorDetails(
      operation: operation, errno: errno, cause: cause, peer: peer, attempts: attempts,
      byteCount: byteCount, addressError: addressError, option: option, host: host,
      resolution: resolution)
  }

  /// The operation that failed.
  public var operation: SocketOperation { details.operation }
  /// The kernel's errno, or the one that says the same: ETIMEDOUT, ECANCELED, ENOBUFS, ESHUTDOWN,
  /// ERANGE, EXDEV, ENODATA, EMSGSIZE.
  public var errno: Errno { details.errno }
  /// Who says so.
  public var cause: Cause { details.cause }
  /// The other end, where it is known; for a listener its own address.
  public var peer: SocketAddress? { details.peer }
  /// The host's name, of a connect to one.
  public var host: String? { details.host }
  /// Why the host's name has no addresses.
  public var resolution: ResolutionFailure? { details.resolution }
  /// Submissions that it took; for a connect to a host, and for a bind, attempts.
  public var attempts: Int { details.attempts }
  /// Bytes of this operation that did move before it failed: for a send, exactly how many went
  /// out.
  public var byteCount: Int { details.byteCount }
  /// The fault of the text, where an address was given as one.
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
    /// The host's name could not be looked up, or has no addresses.
    case unresolved
    /// The descriptor is not what it was to be adopted as.
    case unsuitable
    /// The stream has ended in the middle of what a reader was to read.
    case endOfStream
    /// More bytes have come than what a reader was to read may have.
    case tooLong
    /// The file that was to be sent: the kernel by the errno, or ENODATA for one that has ended too
    /// early.
    case file
    /// The descriptors that were to be passed, or the socket, which passes none.
    case descriptors
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

/// An operation on a socket.
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
  /// Looking up a host's name: getaddrinfo(3).
  case resolve
  /// Taking over a descriptor that others have made.
  case adopt
  /// Giving a connection's descriptor away.
  case giveAway
  /// An operation of a framework's own.
  case operation
}
