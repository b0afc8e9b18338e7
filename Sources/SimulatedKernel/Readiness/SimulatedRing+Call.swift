// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// A try of a request without a ring that keeps it: a system call that does not wait.
extension SimulatedRing {
  /// Tries a request once.
  ///
  /// - Returns: The result or a negated errno, as ``ReadinessCalls/attempt(_:)`` says.
  func call(_ request: Request) -> Int32 {
    switch request.operation {
    case .close:
      return close(request.descriptor)
    case .shutdown:
      return shutdown(request.descriptor, direction: Int32(bitPattern: request.count))
    case .read:
      // Of an event descriptor that nobody in a simulation signals.
      let fault = machine.faults.answer(to: .read, waitsFirst: false) { _ in true }
      return -(fault ?? .resourceTemporarilyUnavailable).rawValue
    case .accept, .receive, .receiveMessage, .send, .sendMessage, .connect, .poll:
      guard let socket = socket(request.descriptor) else {
        return -Errno.badFileDescriptor.rawValue
      }
      return call(request, on: socket)
    case .nop, .cancel, .pollRemove, .timeout, .linkTimeout, .message, .sendZeroCopy, .readFile,
      .splice:
      return -Errno.invalidArgument.rawValue
    }
  }

  private func call(_ request: Request, on socket: SimulatedSocket) -> Int32 {
    var request = request
    request.options.formIntersection(.fullLength)
    request.options.insert(.doNotWait)
    let token = Token(slot: 0, generation: 0, operation: request.operation)
    let call = ArmedRequest(request, token, on: self, socket)
    if let result = injected(into: call) { return result }
    if request.operation == .accept, socket.isUnix, socket.isReceiveShut,
      socket.acceptQueue.isEmpty
    {
      // Only an accept that waits looks at the shutdown (unix_accept, __skb_recv_datagram).
      return -Errno.resourceTemporarilyUnavailable.rawValue
    }
    switch progress(of: call) {
    case .done(let result, _):
      return result
    case .watch:
      return 0
    case .wait, .queue, .again:
      let isConnect = request.operation == .connect
      return -(isConnect ? Errno.nowInProgress : .resourceTemporarilyUnavailable).rawValue
    }
  }
}
