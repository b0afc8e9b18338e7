// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// A request that a ring has taken and not finished.
final class ArmedRequest {
  let request: Request
  let token: Token
  unowned let ring: SimulatedRing
  /// The socket that the request acts on, held open until the request ends; `nil` for none.
  let socket: SimulatedSocket?
  var phase = Phase.working
  /// Bytes moved so far by a request that goes on until all have.
  var doneByteCount = 0
  /// The memory that a send reads.
  var pieces: [MemoryPiece] = []
  /// The address that a connect or a message names, read at submission.
  var peerAddress: SocketAddress?
  /// Whether it has waited for readiness, if it was to do so first.
  var hasWaited = false
  /// Whether it has started what takes time: a connect.
  var hasStarted = false
  /// The listener for whose backlog it waits.
  var awaitedListener: SimulatedSocket?
  /// The timeout that ends it, until one of the two has come to its end.
  var timer: ArmedRequest?
  /// The request that it ends, if it is a timeout of one.
  var target: Token?
  /// Whether a cancel has found it; it completes without another try.
  var isCancelled = false
  /// Whether a cancel has stopped it at work; it tries once more and waits no longer.
  var isInterrupted = false

  init(_ request: Request, _ token: Token, on ring: SimulatedRing, _ socket: SimulatedSocket?) {
    self.request = request
    self.token = token
    self.ring = ring
    self.socket = socket
    if request.operation.isSend { pieces = request.sentPieces }
    if request.operation == .connect { peerAddress = request.peerAddress }
    if request.operation == .sendMessage { peerAddress = request.messageName }
  }

  /// Where a request is.
  ///
  /// Legal ways: working → (waiting | ready | ended); waiting → (late | ready); late → ready;
  /// ready → working.
  enum Phase: Hashable {
    /// Is being tried.
    case working
    /// Waits for its socket.
    case waiting
    /// Its socket is ready, and it has not noticed yet.
    case late
    /// Is going to be tried by the next enter.
    case ready
    case ended
  }

  /// Whether it must still wait for readiness before its first try.
  var mustWaitFirst: Bool { request.options.contains(.pollFirst) && !hasWaited }
  /// Whether the caller wants an answer rather than a wait.
  var mustNotWait: Bool { request.options.contains(.doNotWait) }
  /// Bytes to be moved in all.
  var byteCount: Int { pieces.reduce(0) { $0 + $1.byteCount } }
}

/// The outcome of one try of a request.
enum Progress {
  /// It waits for its socket.
  case wait(SimulatedSocket.Side)
  /// It waits for any news of its socket.
  case watch
  /// It waits for room in the backlog of a listener.
  case queue(at: SimulatedSocket)
  /// It is tried again by a later enter.
  case again
  /// It is done.
  case done(Int32, Completion.Flags = [])
}

/// The news that a zero-copy send no longer reads its memory.
final class ZeroCopyNotice {
  let ring: SimulatedRing
  let token: Token
  private let pieces: [MemoryPiece]
  private let checksums: [UInt64]

  init(_ request: ArmedRequest) {
    ring = request.ring
    token = request.token
    pieces = request.pieces
    checksums = pieces.map(\.checksum)
  }

  /// Whether the memory is as it was when the kernel began to read it.
  var isUntouched: Bool { pieces.map(\.checksum) == checksums }
}

extension Operation {
  var isSend: Bool {
    switch self {
    case .send, .sendMessage, .sendZeroCopy: true
    case .nop, .accept, .receive, .connect, .poll, .pollRemove, .read, .cancel, .shutdown,
      .close, .message, .timeout, .linkTimeout, .receiveMessage, .readFile, .splice:
      false
    }
  }
}
