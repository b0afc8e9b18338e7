// SPDX-License-Identifier: Apache-2.0

public import SystemPackage
internal import Uring

// Files that handlers' programs send.
extension SocketStream {
  /// Queues bytes of a file to be sent, all of them, and returns at once.
  ///
  /// They go out behind what is queued already, and no other send's bytes come between them. The
  /// file's own position does not matter. How they go is said at
  /// ``StreamConnection/sendFile(_:offset:byteCount:timeout:)``.
  ///
  /// ``SocketDelegate/sent(_:on:)`` is notified when the kernel has taken the last byte, or of the
  /// failure: that of the connection as for any other send; ETIMEDOUT with the cause `.timeout`; with
  /// the cause `.file` ENODATA if the file has fewer bytes, EBADF, EISDIR, ESPIPE, EIO, and EINVAL for
  /// a number below zero. The connection is as good as before when the file has failed or the time
  /// has passed, and ``SendCompletion/byteCount`` says exactly how many bytes went out.
  ///
  /// The bytes count as unsent from the call on (``setUnsentMarks(low:high:)``).
  ///
  /// - Parameters:
  ///   - file: Stays the caller's, open until `sent` is notified; a file with positions.
  ///   - offset: Where the bytes begin, counted from the start of the file.
  ///   - byteCount: How many to send.
  ///   - timeout: How long it may take, with what is queued before; `nil` for as long as it takes.
  ///   - context: Comes back as ``SendCompletion/context``.
  ///
  /// The corresponding C functions are `io_uring_prep_splice` (Linux 5.7), `io_uring_prep_read` and
  /// `io_uring_prep_send` (Linux 5.6).
  public func enqueueFile(
    _ file: FileDescriptor, offset: Int = 0, byteCount: Int, timeout: Duration? = nil,
    context: UInt
  ) {
    onLoop { $0.queueFile(file, offset: offset, byteCount: byteCount, timeout, context) }
  }

  private func queueFile(
    _ file: FileDescriptor, offset: Int, byteCount: Int, _ timeout: Duration?, _ context: UInt
  ) {
    let refusal =
      sendRefusal ?? FileSend.refusal(of: file, offset: offset, byteCount: byteCount)
    if let refusal { return tell(.handler(context), refusal, sentByteCount: 0) }
    guard byteCount > 0 else { return enqueue(copying: [], context: context) }
    let wait = loop.openWait(for: self, timeout: timeout)
    let send = FileSend(self, wait, file, offset: UInt64(offset), byteCount: byteCount)
    send.context = context
    madeExtras.specialSends.append(send)
    sending.holdsSpecial = true
    queue(SendPiece(file: wait, byteCount: byteCount))
  }

  /// Notifies the handler that a file has ended, and forgets it.
  @inline(never)
  func tellEndOfFile(_ wait: WaitID, _ failure: StreamFailure?, sentByteCount: Int) {
    let context = extras?.specialSends.first { $0.wait == wait }?.context ?? 0
    forgetSpecial(wait)
    loop.discard(wait)
    tell(.handler(context), failure, sentByteCount: sentByteCount)
  }
}
