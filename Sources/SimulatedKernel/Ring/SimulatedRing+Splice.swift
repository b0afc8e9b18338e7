// SPDX-License-Identifier: Apache-2.0

internal import ReadinessIO
internal import SystemPackage
internal import Uring

// Splices between a simulated socket and a pipe. The pipe is a real one, because the library makes
// it with a system call of its own; its numbers are far below those of simulated descriptors.
extension SimulatedRing {
  /// The socket of a splice, its source or its target; `nil` where it has none.
  func splicedSocket(_ request: Request) -> SimulatedSocket? {
    guard let source = request.fileTransfer?.source else { return nil }
    return machine.descriptors[source.rawValue] ?? socket(request.descriptor)
  }

  func splice(_ request: ArmedRequest, _ socket: SimulatedSocket) -> Progress {
    guard let source = request.request.fileTransfer?.source else {
      return .done(-Errno.badFileDescriptor.rawValue)
    }
    return source.rawValue >= machine.descriptors.base
      ? spliceIn(request, from: socket) : spliceOut(request, of: source, to: socket)
  }

  private func spliceIn(_ request: ArmedRequest, from socket: SimulatedSocket) -> Progress {
    guard !socket.receiveQueue.isEmpty else { return emptyHanded(socket) }
    let count = machine.faults.cut(
      min(Int(request.request.count), socket.receiveQueue.count), by: .shortReceive)
    var bytes = [UInt8](repeating: 0, count: count)
    unsafe bytes.withUnsafeMutableBytes {
      socket.deliver(count, to: UInt(bitPattern: $0.baseAddress))
    }
    let pipe = FileDescriptor(rawValue: request.request.descriptor.rawValue)
    guard (try? pipe.writeAll(bytes)) == count else {
      machine.report("\(request.token) moves \(count) bytes into a pipe that does not take them")
      return .done(-Errno.ioError.rawValue)
    }
    return .done(Int32(count))
  }

  private func spliceOut(
    _ request: ArmedRequest, of pipe: FileDescriptor, to socket: SimulatedSocket
  ) -> Progress {
    if let refusal = emptySend(request, on: socket) { return refusal }
    let count = machine.faults.cut(min(Int(request.request.count), socket.room), by: .shortSend)
    guard count > 0 else { return .wait(.writing) }
    var bytes = [UInt8](repeating: 0, count: count)
    return unsafe bytes.withUnsafeMutableBytes { memory in
      let result = unsafe WaitlessCalls.read(pipe.rawValue, memory.baseAddress, count)
      guard result > 0 else {
        machine.report("\(request.token) asks a pipe for bytes that it does not have")
        return .done(-Errno.ioError.rawValue)
      }
      let piece = MemoryPiece(
        address: UInt(bitPattern: memory.baseAddress), byteCount: Int(result))
      socket.accept([piece], from: 0, piece.byteCount)
      return .done(result)
    }
  }
}
