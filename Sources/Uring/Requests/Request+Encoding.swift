// SPDX-License-Identifier: Apache-2.0

internal import CLiburing

/// The one place that knows how a request looks in a submission queue entry.
extension Request {
  /// Writes the request into a queue entry.
  ///
  /// Entries are recycled and keep what they held last, so every field is reset first. A timeout's
  /// entry still lacks its time, which the kernel reads from memory of the ring.
  ///
  /// - Parameters:
  ///   - entry: The place in the submission queue.
  ///   - token: Comes back unchanged in each completion of this request.
  func encode(into entry: UnsafeMutablePointer<curing_kernel_sqe>, token: Token) {
    unsafe curing_clear(entry)
    switch operation {
    case .accept, .receive, .receiveMessage, .send, .sendMessage, .sendZeroCopy, .connect,
      .shutdown:
      unsafe encodeSocketOperation(into: entry)
    case .nop, .poll, .pollRemove, .read, .cancel, .close, .message, .timeout,
      .linkTimeout:
      unsafe encodeControl(into: entry)
    case .readFile, .splice:
      unsafe encodeFileTransfer(into: entry)
    }
    unsafe curing_set_token(entry, token.rawValue)
  }

  private func encodeSocketOperation(into entry: UnsafeMutablePointer<curing_kernel_sqe>) {
    let fd = descriptor.rawValue
    switch operation {
    case .receive:
      if isMultishot {
        unsafe curing_prep_receive_multishot(entry, fd)
      } else {
        unsafe curing_prep_receive(entry, fd, operand, receiveLimit, messageFlags)
      }
      if options.contains(.selectBuffer) {
        unsafe curing_select_buffer(entry, bufferGroup)
      }
    case .receiveMessage:
      unsafe curing_prep_receive_message(
        entry, fd, operand, UInt32(bitPattern: messageFlags), isMultishot ? 1 : 0)
      if options.contains(.selectBuffer) {
        unsafe curing_select_buffer(entry, bufferGroup)
      }
    case .send:
      unsafe curing_prep_send(entry, fd, operand, count, messageFlags)
    case .sendMessage:
      unsafe curing_prep_send_message(entry, fd, operand, UInt32(bitPattern: messageFlags))
    case .sendZeroCopy:
      unsafe curing_prep_send_zero_copy(entry, fd, operand, count, messageFlags)
    case .accept:
      unsafe curing_prep_accept(
        entry, fd, operand, isMultishot ? 1 : 0, options.contains(.intoDirectTable) ? 1 : 0)
    case .connect:
      unsafe curing_prep_connect(entry, fd, operand, count)
    case .shutdown:
      unsafe curing_prep_shutdown(entry, fd, Int32(bitPattern: count))
    case .nop, .poll, .pollRemove, .read, .cancel, .close, .message, .timeout,
      .linkTimeout, .readFile, .splice:
      preconditionFailure("\(operation) is not a socket operation")
    }
    unsafe curing_set_start(entry, startFlags)
    if descriptor.isDirect { unsafe curing_use_direct(entry) }
  }

  private func encodeControl(into entry: UnsafeMutablePointer<curing_kernel_sqe>) {
    let fd = descriptor.rawValue
    switch operation {
    case .nop:
      unsafe curing_prep_nop(entry)
    case .poll:
      unsafe curing_prep_poll(entry, fd, count, isMultishot ? 1 : 0)
      if descriptor.isDirect { unsafe curing_use_direct(entry) }
    case .pollRemove:
      unsafe curing_prep_poll_remove(entry, operand)
    case .read:
      unsafe curing_prep_read(entry, fd, operand, count)
      if descriptor.isDirect { unsafe curing_use_direct(entry) }
    case .cancel:
      if count == 0 {
        unsafe curing_prep_cancel(entry, operand)
      } else {
        unsafe curing_prep_cancel_any(entry)
      }
    case .close:
      if descriptor.isDirect {
        // The entry holds the index plus one, in which -1 would be descriptor 0 (io_close_prep).
        unsafe curing_prep_close_direct(entry, UInt32(exactly: fd) ?? UInt32(Int32.max))
      } else {
        unsafe curing_prep_close(entry, fd)
      }
    case .message:
      unsafe curing_prep_message(entry, fd, count, operand)
    case .timeout:
      unsafe curing_prep_timeout(entry)
    case .linkTimeout:
      unsafe curing_prep_link_timeout(entry)
    case .accept, .receive, .receiveMessage, .send, .sendMessage, .sendZeroCopy, .connect,
      .shutdown, .readFile, .splice:
      preconditionFailure("\(operation) is no control operation")
    }
  }

  /// How many bytes a single receive may bring.
  ///
  /// Up to Linux 5.18 a chosen buffer is used for as many bytes as the request asks, which makes
  /// none of 0, and later for all it holds (io_buffer_select); a larger number is right for both.
  private var receiveLimit: UInt32 {
    options.contains(.selectBuffer) && count == 0 ? UInt32(Int32.max) : count
  }

  /// `MSG_NOSIGNAL` always, as the kernel itself adds it (io_sendmsg_prep).
  private var messageFlags: Int32 {
    var flags: Int32
    switch operation {
    case .receive: flags = 0
    case .receiveMessage: flags = CURING_MSG_CMSG_CLOEXEC  // Children inherit no descriptor.
    default: flags = CURING_MSG_NOSIGNAL
    }
    if options.contains(.doNotWait) { flags |= CURING_MSG_DONTWAIT }
    if options.contains(.waitForAll) { flags |= CURING_MSG_WAITALL }
    if options.contains(.fullLength) { flags |= CURING_MSG_TRUNC }
    return flags
  }

  /// The bits of `ioprio`, which mean different things to accept and to receive and send.
  private var startFlags: UInt16 {
    switch operation {
    case .accept:
      var flags: UInt16 = 0
      if options.contains(.pollFirst) { flags |= CURING_ACCEPT_POLL_FIRST }
      if options.contains(.doNotWait) { flags |= CURING_ACCEPT_DONTWAIT }
      return flags
    case .receive, .receiveMessage, .send, .sendMessage, .sendZeroCopy:
      return options.contains(.pollFirst) ? CURING_RECVSEND_POLL_FIRST : 0
    case .connect, .shutdown, .nop, .poll, .pollRemove, .read, .cancel, .close, .message,
      .timeout, .linkTimeout, .readFile, .splice:
      return 0  // A nonzero ioprio is EINVAL here (io_connect_prep).
    }
  }
}
