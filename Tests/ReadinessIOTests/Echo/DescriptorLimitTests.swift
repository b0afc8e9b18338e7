import Glibc
import ReadinessIO
import SystemPackage
import Testing
import Uring

@Suite("Descriptor limit", .timeLimit(.minutes(1)))
struct DescriptorLimitTests {
  // In a process of its own, because the limit is the process's.
  @Test("Out of descriptors the epoll server pauses accepting and goes on")
  func epoll() async {
    await #expect(processExitsWith: .success) { try serveBeyondTheLimit(.epoll) }
  }

  @Test("Out of descriptors the ring server pauses accepting and goes on")
  func ring() async {
    await #expect(processExitsWith: .success) { try serveBeyondTheLimit(.ring) }
  }
}

/// Makes connections until the server has no descriptor for them, then ends some of the first.
private func serveBeyondTheLimit(_ kind: PollerKind) throws {
  let fixture = try EchoFixture(
    kind, configuration: ReadinessEchoConfiguration(acceptPause: .seconds(3600)))
  let first = try BlockingClient(to: fixture.address)
  try first.send([1])
  try require(first.receive(1) == [1])

  // The clients are in this process too: give them their descriptors before the limit falls.
  let clients = try (0..<6).map { _ in try UnconnectedClient() }
  let lowest = try FileDescriptor.open(FilePath("/dev/null"), .readOnly)
  let freeNumber = lowest.rawValue
  try lowest.close()
  // Room for two more connections.
  var limit = rlimit(rlim_cur: rlim_t(freeNumber + 2), rlim_max: rlim_t(freeNumber + 2))
  require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
  for client in clients { try client.connect(to: fixture.address) }

  for client in clients.prefix(2) {
    try client.send(7)
    try require(client.receive() == 7)
  }
  // The pause is an hour long: only an ended connection can make room, and it must.
  for index in 2..<6 {
    clients[index - 2].close()
    try clients[index].send(9)
    try require(clients[index].receive() == 9)
  }
  try first.send([2])
  try require(first.receive(1) == [2])
  let counters = fixture.stop()
  precondition(counters.acceptedCount == 7, "\(counters)")
  precondition(counters.kernelCallCount < 400, "the server spins: \(counters)")
}

/// `precondition` does not take what throws.
private func require(_ holds: Bool, line: UInt = #line) {
  precondition(holds, "line \(line)")
}

/// A client whose descriptor is made before it is connected.
private final class UnconnectedClient {
  private let descriptor: Int32

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
  }

  func connect(to address: SocketAddress) throws {
    let answer = unsafe address.withSockaddr { pointer, byteCount in
      unsafe Glibc.connect(
        descriptor, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
    }
    guard answer == 0 else { throw Errno(rawValue: errno) }
  }

  func send(_ byte: UInt8) throws {
    try FileDescriptor(rawValue: descriptor).writeAll([byte])
  }

  func receive() throws -> UInt8 {
    var byte: UInt8 = 0
    guard unsafe recv(descriptor, &byte, 1, 0) == 1 else { throw Errno(rawValue: errno) }
    return byte
  }

  func close() {
    _ = Glibc.close(descriptor)
  }
}
