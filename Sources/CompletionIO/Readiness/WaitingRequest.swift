// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Uring

/// A request that a ``ReadinessKernel`` has taken and not finished.
@safe
struct WaitingRequest {
  var request: Request
  let token: Token
  /// Bytes moved so far by a request that goes on until all have.
  var doneByteCount: UInt32 = 0
  /// Whether it has started what takes more than a try: a connect has begun its handshake, the
  /// listener of an accept is in non-blocking mode.
  var hasStarted = false
  /// Whether a timeout ends it.
  var hasTimer: Bool
  /// What is left of a gathered send, or the address of a connect, in memory of the kernel's own;
  /// `nil` for all other requests.
  var rest: UnsafeMutablePointer<msghdr>?
  /// The next in its line, and the one before; -1 for none.
  var next: Int32 = -1
  var previous: Int32 = -1

  init(_ request: Request, _ token: Token, hasTimer: Bool) {
    self.request = request
    self.token = token
    self.hasTimer = hasTimer
  }

  /// The events that it waits for.
  var side: Side {
    switch request.operation {
    case .accept, .receive, .receiveMessage, .read: .reading
    case .send, .sendMessage, .sendZeroCopy, .connect: .writing
    case .poll, .nop, .pollRemove, .cancel, .shutdown, .close, .message, .timeout, .linkTimeout,
      .readFile, .splice:
      .any
    }
  }

  /// Whether it asks for a buffer, and that only when it is ready.
  var waitsBeforeBuffers: Bool {
    request.options.isSuperset(of: [.selectBuffer, .pollFirst]) && !mustNotWait
  }

  var mustNotWait: Bool { request.options.contains(.doNotWait) }
  var goesOnUntilAll: Bool { request.options.contains(.waitForAll) && !mustNotWait }
}

/// Events that a request waits for.
enum Side {
  case reading
  case writing
  /// Whatever happens.
  case any
}

/// The outcome of one try.
enum Progress {
  /// It waits for its descriptor.
  case wait
  /// It could go on at once, after the others have had their turn.
  case goOn
  /// It is done.
  case done(Int32, Completion.Flags = [])
}
