import CompletionIO
import Glibc
import SystemPackage
import Uring

/// `precondition` for what throws or suspends, in a process of its own.
func require(_ holds: Bool, _ text: @autoclosure () -> String = "", line: UInt = #line) {
  if !holds { fatalError("line \(line): \(text())") }
}

/// How many descriptors this process has open.
func openDescriptorCount() -> Int {
  (0..<Int32(1024)).count { fcntl($0, F_GETFD) >= 0 }
}

/// Lowers the limit so that so many more descriptors fit below it.
func limitDescriptors(toAdditional count: Int) {
  var (limit, room) = (0, 0)
  while room < count {
    if fcntl(Int32(limit), F_GETFD) < 0 { room += 1 }
    limit += 1
  }
  var lowered = rlimit(rlim_cur: rlim_t(limit), rlim_max: rlim_t(limit))
  require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &lowered) == 0)
}

/// Does something several times and waits each time until no descriptor is left of it.
///
/// The first time is a rehearsal: the concurrency runtime opens descriptors of its own.
func leavingNoDescriptors(_ body: () async throws -> Void) async throws {
  try await body()
  let group = try CompletionLoopGroup(count: 1)
  await group.shutdown()
  var before = openDescriptorCount()
  for _ in 0..<3 {
    try await body()
    var count = openDescriptorCount()
    for _ in 0..<50_000 where count > before {
      // Loops that nobody waits for end in their own time.
      await Task.yield()
      count = openDescriptorCount()
    }
    require(count <= before, "\(count) descriptors, not \(before)")
    before = count
  }
}

/// A plain socket, for peers that misbehave.
struct PlainSocket: ~Copyable {
  let descriptor: Int32

  init(_ family: Int32 = AF_INET) throws(Errno) {
    descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
  }

  deinit {
    _ = Glibc.close(descriptor)
  }

  func connect(to address: SocketAddress) throws(Errno) {
    let answer = unsafe address.withSockaddr { pointer, byteCount in
      unsafe Glibc.connect(
        descriptor, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
    }
    guard answer == 0 else { throw Errno(rawValue: errno) }
  }

  /// Closes with a reset instead of an end of stream (socket(7), SO_LINGER).
  consuming func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout<linger>.size)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, size)
  }

  func send(_ byte: UInt8) {
    _ = unsafe withUnsafeBytes(of: byte) {
      unsafe Glibc.send(descriptor, $0.baseAddress, 1, Int32(MSG_NOSIGNAL))
    }
  }

  func receive() -> UInt8? {
    var byte: UInt8 = 0
    return unsafe recv(descriptor, &byte, 1, 0) == 1 ? byte : nil
  }
}
