// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// A send of bytes with descriptors, which the kernel looks up when it takes the first byte.
final class DescriptorSend: SpecialSend {
  private let message: DescriptorMessage

  init(_ stream: SocketStream, _ wait: WaitID, _ message: DescriptorMessage) {
    self.message = message
    super.init(stream, wait)
  }

  override func start(mayWait: Bool) {
    // Not whole: of a message that is sent in parts some kernels pass the descriptors again with
    // each (io_sendmsg, before Linux 6.12). What is left behind the first part is a plain send.
    let byteCount = stream.sending.pieces[0].byteCount
    stream.start(
      message.send(byteCount: byteCount, to: stream.descriptor),
      byteCount: min(byteCount, LoopConfiguration.oneSendByteLimit), mayWait: mayWait,
      isWhole: false,
      owner: self)
  }

  override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    guard outcome.result < 0, Self.ownErrors.contains(Errno(rawValue: -outcome.result)) else {
      return stream.didSend(outcome)
    }
    stream.didStep(
      self,
      failing: StreamFailure(
        code: outcome.result, cause: .descriptors, attempts: Int32(clamping: outcome.attempts)))
  }

  /// What the kernel says of descriptors, and not of the connection (scm_fp_copy).
  private static let ownErrors: [Errno] = [
    .badFileDescriptor, .invalidArgument, .tooManyReferences,
  ]
}

extension DescriptorMessage {
  /// A receive of a message.
  func receive(from descriptor: Descriptor) -> Request {
    unsafe .receiveMessage(descriptor, into: address)
  }

  /// A send of the message.
  func send(byteCount: Int, to descriptor: Descriptor) -> Request {
    unsafe .sendMessage(address, byteCount: byteCount, to: descriptor)
  }
}

extension SocketStream {
  /// Queues a message with descriptors and opens a wait for its last byte.
  func send(
    _ bytes: InputMemory, _ message: DescriptorMessage, timeout: Duration?, isOwner: Bool
  ) throws(SocketError) -> WaitID {
    try queueSpecial(.message, bytes, timeout: timeout, isOwner: isOwner) { wait in
      DescriptorSend(self, wait, message)
    }
  }
}
