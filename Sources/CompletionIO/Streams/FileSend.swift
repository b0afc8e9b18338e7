// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// The bytes of a file on their way out of a stream.
///
/// A file goes out in parts, each by two steps: into a pipe or a buffer, and from there to the
/// socket. For the sending half each part is a send of its first piece, which the file keeps until
/// its last byte is out.
@safe
final class FileSend: PipedSend {
  private let file: FileDescriptor
  private let offset: UInt64
  private let byteCount: Int
  private var way: Way
  private var buffers: FileBuffers?
  /// The read that is with the kernel.
  private var readToken: Token?
  /// Whether the piece waits for the read that is with the kernel.
  private var isAwaitingRead = false
  /// Why no more bytes can be read.
  private var failure: StreamFailure?

  /// How the bytes go.
  private enum Way {
    /// Through a pipe, by workers of the kernel.
    case pipe(Pipe)
    /// Through memory.
    case memory
  }

  /// Fewer bytes than this are cheaper to read than to splice: two changes of threads cost more than
  /// a copy.
  static let pipeThreshold = 1 << 16

  init(
    _ stream: SocketStream, _ wait: WaitID, _ file: FileDescriptor, offset: UInt64, byteCount: Int
  ) {
    self.file = file
    self.offset = offset
    self.byteCount = byteCount
    way = .memory
    super.init(stream, wait)
    // A worker waits for the peer, which only this policy wants.
    guard byteCount >= Self.pipeThreshold, stream.policy == .completion,
      stream.loop.core.forms.splices
    else { return }
    if let pipe = stream.loop.streams.pipes.take() { way = .pipe(pipe) }
  }

  override func start(mayWait: Bool) {
    let sentCount = stream.sending.pieces[0].sentByteCount
    switch way {
    case .pipe(let pipe): step(pipe, sentCount)
    case .memory: sendOrRead(sentCount, mayWait)
    }
  }

  override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    switch outcome.token.operation {
    case .readFile: didRead(outcome)
    case .splice: didSplice(outcome)
    case .poll: stream.didStep(self)
    default: preconditionFailure("\(outcome.token) is not a file's operation")
    }
  }

  /// Reads no more and gives the pipe back, once the piece has ended.
  override func end() {
    // The file may be closed from now on.
    failure = failure ?? .closed
    givePipeBack()
  }

  private func givePipeBack() {
    guard case .pipe(let pipe) = way else { return }
    way = .memory
    stream.loop.streams.pipes.giveBack(pipe)
  }

  // MARK: Through memory

  private func sendOrRead(_ sentCount: Int, _ mayWait: Bool) {
    if buffers == nil { buffers = FileBuffers(from: sentCount, byteCount: byteCount) }
    if let bytes = buffers?.bytes(from: sentCount) {
      stream.start(
        .send(at: bytes.address, byteCount: bytes.byteCount, to: stream.descriptor),
        byteCount: bytes.byteCount, mayWait: mayWait, isWhole: true, owner: stream)
      readAhead(sentCount)
      return
    }
    readAhead(sentCount)
    // The piece waits for the read as it would for a send.
    stream.hold(1)
    stream.operationCount += 1
    stream.perform(stream.sendEvent(.started(.waiting)))
    guard let readToken else { return stream.didStep(self, failing: failure ?? .tableFull) }
    isAwaitingRead = true
    stream.sending.token = readToken
  }

  private func readAhead(_ sentCount: Int) {
    guard readToken == nil, failure == nil, buffers?.canRead(sentTo: sentCount) == true,
      let target = buffers?.target, let position = buffers?.readPosition
    else { return }
    unsafe transfer.pointee = FileTransfer(
      from: file, offset: offset + UInt64(position), memory: target.address)
    readToken = stream.loop.begin(
      unsafe .readFile(transfer, byteCount: target.byteCount), policy: .completion, owner: self)
  }

  private func didRead(_ outcome: Outcome) {
    readToken = nil
    if outcome.result > 0 { buffers?.didRead(Int(outcome.result)) } else { note(outcome) }
    guard isAwaitingRead else { return }
    isAwaitingRead = false
    stream.didStep(self, failing: failure)
  }

  /// Takes note of a step that has read nothing.
  private func note(_ outcome: Outcome) {
    switch Errno(rawValue: -outcome.result) {
    case .canceled, .interrupted: break  // It is tried again, unless the piece is to end.
    case Errno(rawValue: 0): failure = StreamFailure(.noData, .file)
    default: failure = StreamFailure(code: outcome.result, cause: .file)
    }
  }

  // MARK: Through a pipe

  private func step(_ pipe: Pipe, _ sentCount: Int) {
    if pipe.byteCount > 0 {
      spliceOut(of: pipe)
    } else {
      unsafe transfer.pointee = FileTransfer(from: file, offset: offset + UInt64(sentCount))
      splice(min(byteCount - sentCount, pipe.capacity), to: .file(pipe.writeEnd))
    }
  }

  private func didSplice(_ outcome: Outcome) {
    guard case .pipe(let pipe) = way else {
      preconditionFailure("a file that goes through a pipe has one")
    }
    guard !Self.refusals.contains(outcome.result) else {
      // What is in the pipe is read again.
      givePipeBack()
      return stream.didStep(self)
    }
    if pipe.byteCount > 0 { return didSpliceOut(of: pipe, outcome) }
    if outcome.result > 0 { pipe.byteCount = Int(outcome.result) } else { note(outcome) }
    stream.didStep(self, failing: failure)
  }
}

extension FileSend {
  /// Why a descriptor cannot be sent from as a file; a read of a pipe would not say so.
  static func refusal(
    of file: FileDescriptor, offset: Int, byteCount: Int
  ) -> StreamFailure? {
    guard offset >= 0, byteCount >= 0 else { return StreamFailure(.invalidArgument, .file) }
    do {
      try file.seek(offset: 0, from: .current)
      return nil
    } catch {
      return StreamFailure((error as? Errno) ?? .ioError, .file)
    }
  }
}

extension SocketStream {
  /// Queues the bytes of a file and opens a wait for the last one.
  func sendFile(
    _ file: FileDescriptor, offset: UInt64, byteCount: Int, timeout: Duration?, isOwner: Bool
  ) throws(SocketError) -> WaitID {
    let place = InputMemory(ofFile: byteCount)
    return try queueSpecial(.file, place, timeout: timeout, isOwner: isOwner) { wait in
      FileSend(self, wait, file, offset: offset, byteCount: byteCount)
    }
  }
}
