// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// The way of bytes from one stream to another through a pipe, past the program's memory.
///
/// One task uses it, on the source's loop while bytes come in and on the target's while they go out.
@safe
final class PipePassage: OperationOwner, @unchecked Sendable {
  // Unchecked: whatever is with a kernel keeps the task from the other loop.

  private let source: SocketStream
  private let socket: FileDescriptor
  private let transfer: UnsafeMutablePointer<FileTransfer>
  /// Has the bytes that are on their way; none while nobody moves any, so that others can.
  private(set) var pipe: Pipe?
  /// How the last attempt to move bytes in ended.
  private(set) var attempt = Attempt.none

  /// How an attempt to move bytes into a pipe ended.
  enum Attempt {
    /// There was none, or it has moved bytes or told the end of the stream.
    case none
    /// There is no pipe, or no memory, for now.
    case short
    /// The kernel or a socket cannot splice.
    case refused
  }

  /// Makes a passage; `nil` where no pipe can do what a receive and a send do.
  ///
  /// Workers of the kernel wait for the peer, which one policy wants alone, and a splice takes
  /// nothing from a direct table.
  init?(from source: SocketStream, to target: SocketStream) {
    guard let socket = source.descriptor.fileDescriptor, target.descriptor.fileDescriptor != nil,
      source.policy == .completion, target.policy == .completion
    else { return nil }
    self.source = source
    self.socket = socket
    unsafe transfer = .allocate(capacity: 1)
    unsafe transfer.initialize(to: FileTransfer(from: socket))
  }

  deinit {
    unsafe transfer.deallocate()
  }

  override var isPartOfLibrary: Bool { false }

  // MARK: Into the pipe, on the source's loop

  /// Waits for bytes and moves them into a pipe: a receive, as far as the stream is concerned.
  ///
  /// It waits by a poll, so that neither a pipe nor a worker of the kernel waits with it.
  func begin() {
    giveBack()
    attempt = .none
    let readable: UInt32 = 0x1  // POLLIN (poll(2)).
    let token = source.loop.begin(
      .poll(source.descriptor, mask: readable), policy: .completion, owner: self)
    guard let token else { return source.perform(source.receiveEvent(.refused)) }
    source.began(token, .reading)
  }

  override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    switch outcome.token.operation {
    case .poll: didPoll(outcome)
    case .splice: didSplice(outcome)
    default: preconditionFailure("\(outcome.token) is not a passage's operation")
    }
  }

  private func didPoll(_ outcome: Outcome) {
    guard outcome.result > 0, !source.isReceiveToEnd else { return moveNothing(.short) }
    pipe = source.loop.streams.pipes.take()
    guard let pipe else { return moveNothing(.short) }
    let request: Request = unsafe .splice(
      transfer, byteCount: pipe.capacity, to: .file(pipe.writeEnd))
    guard let token = source.loop.begin(request, policy: .completion, owner: self) else {
      return moveNothing(.short)
    }
    source.receiving.token = token
  }

  private func didSplice(_ outcome: Outcome) {
    if outcome.result > 0 {
      pipe?.byteCount = Int(outcome.result)
      source.loop.countSpliced(byteCount: Int(outcome.result))
    }
    if PipedSend.refusals.contains(outcome.result) { return moveNothing(.refused) }
    if outcome.isTransient { return moveNothing(.short) }
    source.didReceive(outcome, lease: nil)
  }

  private func moveNothing(_ attempt: Attempt) {
    self.attempt = attempt
    giveBack()
    source.didReceiveNothing()
  }

  /// Gives the pipe back, on the source's loop.
  func giveBack() {
    guard let pipe else { return }
    self.pipe = nil
    source.loop.streams.pipes.giveBack(pipe)
  }

  // MARK: Out of the pipe

  /// Takes what is in the pipe into memory.
  func takeRest() -> BufferLease {
    let bytes = pipe?.readAll() ?? []
    return unsafe BufferLease(copying: bytes.span.bytes)
  }

  /// Takes note of a target that cannot be spliced to.
  fileprivate func refuse() { attempt = .refused }
}

/// A send of what is in a passage's pipe.
@safe
private final class PassageSend: PipedSend {
  private let passage: PipePassage
  private let pipe: Pipe

  init(_ stream: SocketStream, _ wait: WaitID, _ passage: PipePassage, _ pipe: Pipe) {
    self.passage = passage
    self.pipe = pipe
    super.init(stream, wait)
  }

  override func start(mayWait: Bool) { spliceOut(of: pipe) }

  override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    switch outcome.token.operation {
    case .poll: stream.didStep(self)
    case .splice where Self.refusals.contains(outcome.result):
      passage.refuse()
      stream.didStep(self, failing: StreamFailure(.invalidArgument, .unsuitable))
    case .splice: didSpliceOut(of: pipe, outcome)
    default: preconditionFailure("\(outcome.token) is not a passage's operation")
    }
  }
}

extension SocketStream {
  /// Queues what is in a passage's pipe and opens a wait for the last byte; `nil` if it is empty.
  func send(
    from passage: PipePassage, timeout: Duration?, isOwner: Bool
  ) throws(SocketError) -> WaitID? {
    guard let pipe = passage.pipe, pipe.byteCount > 0 else { return nil }
    let place = InputMemory(ofFile: pipe.byteCount)
    return try queueSpecial(.file, place, timeout: timeout, isOwner: isOwner) { wait in
      PassageSend(self, wait, passage, pipe)
    }
  }
}
