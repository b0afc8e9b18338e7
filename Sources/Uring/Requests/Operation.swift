// SPDX-License-Identifier: Apache-2.0

/// An operation that a request asks the kernel for.
///
/// The raw value is the top byte of a ``Token``, not the kernel's opcode.
public enum Operation: UInt8, CaseIterable, Hashable, Sendable {
  /// Nothing: completes at once. `IORING_OP_NOP`, Linux 5.1.
  case nop
  /// Takes a connection from a listener's queue. `IORING_OP_ACCEPT`, Linux 5.5.
  case accept
  /// Receives bytes. `IORING_OP_RECV`, Linux 5.6.
  case receive
  /// Sends bytes from one piece of memory. `IORING_OP_SEND`, Linux 5.6.
  case send
  /// Sends bytes gathered from several pieces of memory. `IORING_OP_SENDMSG`, Linux 5.3.
  case sendMessage
  /// Sends bytes without copying them. `IORING_OP_SEND_ZC`, Linux 6.0.
  case sendZeroCopy
  /// Connects a socket. `IORING_OP_CONNECT`, Linux 5.5.
  case connect
  /// Waits for readiness. `IORING_OP_POLL_ADD`, Linux 5.1.
  case poll
  /// Ends a poll. `IORING_OP_POLL_REMOVE`, Linux 5.1.
  case pollRemove
  /// Reads from a file, such as an eventfd. `IORING_OP_READ`, Linux 5.6.
  case read
  /// Asks for another request to be ended. `IORING_OP_ASYNC_CANCEL`, Linux 5.5.
  case cancel
  /// Ends one or both directions of a socket. `IORING_OP_SHUTDOWN`, Linux 5.11.
  case shutdown
  /// Closes a descriptor. `IORING_OP_CLOSE`, Linux 5.6.
  case close
  /// Posts a completion on another ring. `IORING_OP_MSG_RING`, Linux 5.18.
  case message
  /// Completes after a time. `IORING_OP_TIMEOUT`, Linux 5.4.
  case timeout
  /// Ends the request that it is linked to after a time. `IORING_OP_LINK_TIMEOUT`, Linux 5.5.
  case linkTimeout
  /// Receives one message, with its sender and its control messages. `IORING_OP_RECVMSG`, Linux 5.3.
  case receiveMessage
  /// Reads from a place of a file. `IORING_OP_READ`, Linux 5.6.
  case readFile
  /// Moves bytes between a pipe and a file or a socket. `IORING_OP_SPLICE`, Linux 5.7.
  case splice
}
