// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// Memory that an accept stores its peer's address in, used again by the next.
final class PeerMemory {
  private var memory = AcceptedAddress()

  var address: SocketAddress? { memory.socketAddress }

  /// An accept of one connection that stores its peer's address here.
  func accept(from listener: Descriptor, options: Request.Options) -> Request {
    memory.reset()
    return unsafe .accept(from: listener, options: options, addressInto: memory.address)
  }
}
