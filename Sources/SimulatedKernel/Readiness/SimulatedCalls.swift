// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO
internal import SystemPackage
package import Uring

/// The calls below a readiness kernel, answered by the sockets of a simulated machine.
///
/// A fault may hold back what is there: a receive that is told EAGAIN, or gets fewer bytes. To the
/// caller that is as if the rest had come later, so the rest is then told of as an arrival.
package final class SimulatedCalls {
  let machine: SimulatedMachine
  /// Tries requests, and keeps none.
  let ring: SimulatedRing
  var watches: [SimulatedWatch] = []
  /// Those of them to which something has come since the last wait.
  var arrived = Line<SimulatedWatch>()

  /// Whether the last wait was to last, and found nothing.
  package internal(set) var isWaiting = false
  /// When its time is over at the latest.
  package internal(set) var wakeTime = UInt64.max

  /// Makes the calls on a machine.
  package init(on machine: SimulatedMachine) {
    self.machine = machine
    ring = SimulatedRing(on: machine)
  }

  deinit {
    for watch in watches { watch.leaveSocket() }
  }

  /// Whether only time or somebody else can bring its caller further.
  package var isQuiet: Bool { arrived.isEmpty }

  /// The cost of a system call, in nanoseconds.
  private static var cost: UInt64 { 200 }

  /// How much later than bytes of the network what was held back arrives, in nanoseconds.
  private static var delayOfNews: UInt64 { 500_000 }

  static func file(_ number: Int32) -> Descriptor { .file(FileDescriptor(rawValue: number)) }

  /// Lets a system call cost its time.
  func enterKernel() {
    machine.now += Self.cost
    machine.runDueEvents()
  }
}

extension SimulatedCalls: ReadinessCalls {
  package var now: UInt64 { machine.now }

  package func pause(for duration: Duration) {
    machine.advance(to: now + UInt64(duration.clampedNanoseconds))
  }

  package func attempt(_ request: Request) -> Int32 {
    enterKernel()
    machine.requestCount += 1
    // A close leaves nothing to look at.
    let socket = machine.descriptors[request.descriptor.rawValue]
    let result = ring.call(request)
    machine.mix(UInt64(request.operation.rawValue) << 32 | UInt64(request.count))
    let number = request.descriptor.rawValue
    // The number of a real file, the loop's event descriptor, is another in each run.
    machine.mix(number < machine.descriptors.base ? 0 : UInt64(number))
    machine.mix(UInt64(UInt32(bitPattern: result)))
    machine.mix(now)
    machine.trace.note(
      at: now,
      "\(request.operation) on \(request.descriptor.rawValue), \(request.count) → \(result)")
    if request.operation != .close, request.operation != .poll, result >= 0 {
      machine.usefulCount += 1
    }
    if let socket { follow(result, of: request, on: socket) }
    return result
  }

  /// Remembers a lack of room, and has what was held back arrive.
  private func follow(_ result: Int32, of request: Request, on socket: SimulatedSocket) {
    let wouldBlock = result == -Errno.resourceTemporarilyUnavailable.rawValue
    let side: SimulatedSocket.Side
    switch request.operation {
    case .accept, .receiveMessage:
      guard wouldBlock else { return }
      side = .reading
    case .receive:
      let isShort = result > 0 && result < request.count && socket.tellsEmptyByShortReceive
      guard wouldBlock || isShort else { return }
      side = .reading
    case .send, .sendMessage:
      let byteCount = request.sentPieces.reduce(0) { $0 + $1.byteCount }
      guard wouldBlock || result >= 0 && result < byteCount else { return }
      socket.hasLackedRoom = true
      side = .writing
    default:
      return
    }
    guard socket.isReady(side), !socket.watches.isEmpty, !socket.hasNewsComing else { return }
    socket.hasNewsComing = true
    machine.schedule(.news(socket), after: machine.latency() + Self.delayOfNews)
  }

  package func pendingError(of descriptor: Int32) -> Int32 {
    enterKernel()
    return ring.pendingError(of: Self.file(descriptor))
  }

  package func tellsEmptyByShortReceive(_ descriptor: Int32) -> Bool {
    machine.descriptors[descriptor]?.tellsEmptyByShortReceive ?? false
  }

  /// A simulated call never waits, in any mode of its listener.
  package func makeNonblocking(_ descriptor: Int32) -> Int32 {
    enterKernel()
    return machine.descriptors[descriptor] == nil ? -Errno.badFileDescriptor.rawValue : 0
  }

  package func duplicate(_ descriptor: Int32) -> Int32 {
    enterKernel()
    guard let socket = ring.socket(Self.file(descriptor)) else {
      return -Errno.badFileDescriptor.rawValue
    }
    return machine.descriptors.insert(socket) ?? -Errno.tooManyOpenFiles.rawValue
  }
}

extension SimulatedSocket {
  /// Whether a receive that fills less than its memory has taken all there was: of TCP.
  var tellsEmptyByShortReceive: Bool { !isUnix && !isDatagram }
}
