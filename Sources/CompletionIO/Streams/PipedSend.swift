// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// A send of a task whose bytes come out of a pipe.
@safe
class PipedSend: SpecialSend {
  let transfer: UnsafeMutablePointer<FileTransfer>
  /// Whether the socket took nothing, so that the next step is to wait for room.
  private var isAwaitingRoom = false

  override init(_ stream: SocketStream, _ wait: WaitID) {
    unsafe transfer = .allocate(capacity: 1)
    unsafe transfer.initialize(to: FileTransfer(from: FileDescriptor(rawValue: -1)))
    super.init(stream, wait)
  }

  deinit {
    unsafe transfer.deallocate()
  }

  /// Moves everything that is in a pipe to the socket.
  final func spliceOut(of pipe: Pipe) {
    guard !isAwaitingRoom else {
      isAwaitingRoom = false
      let writable: UInt32 = 0x4  // POLLOUT (poll(2)).
      stream.hold(1)
      return stream.begin(
        .poll(stream.descriptor, mask: writable), policy: .completion, owner: self)
    }
    unsafe transfer.pointee = FileTransfer(from: pipe.readEnd)
    splice(pipe.byteCount, to: stream.descriptor)
  }

  final func splice(_ count: Int, to target: Descriptor) {
    stream.hold(count)
    stream.begin(
      unsafe .splice(transfer, byteCount: count, to: target), policy: .completion, owner: self)
  }

  /// Takes the answer to a step out of a pipe.
  ///
  /// A socket in non-blocking mode, as one that was adopted may be, says EAGAIN instead of waiting.
  final func didSpliceOut(of pipe: Pipe, _ outcome: Outcome) {
    guard outcome.error != .resourceTemporarilyUnavailable else {
      isAwaitingRoom = true
      return stream.didStep(self)
    }
    pipe.byteCount -= Int(outcome.byteCount)
    stream.didSend(outcome)
  }

  /// What a file or socket says that cannot be spliced, and a ring that may not.
  static let refusals: Set<Int32> = Set(
    [Errno.invalidArgument, .notSupportedOnSocket, .noFunction, .permissionDenied].map {
      -$0.rawValue
    })
}
