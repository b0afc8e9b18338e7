/// Streams with bytes to send that no operation carries yet, in order.
///
/// Without references of its own, because a reference costs each message two atomic operations: a
/// stream is its loop's until it is closed, and leaves the line before.
@safe
struct SenderLine: ~Copyable {
  private var places: UnsafeMutablePointer<Unmanaged<SocketStream>?>
  private var capacity = 1024
  private var count = 0

  init() {
    unsafe places = .allocate(capacity: capacity)
  }

  deinit {
    unsafe places.deallocate()
  }

  var isEmpty: Bool { count == 0 }

  mutating func append(_ stream: SocketStream) {
    if count == capacity { grow() }
    unsafe (places + count).initialize(to: Unmanaged.passUnretained(stream))
    count += 1
  }

  /// Takes a stream out of the line, wherever it is; O(n), for streams that close in line.
  mutating func remove(_ stream: SocketStream) {
    let address = unsafe Unmanaged.passUnretained(stream).toOpaque()
    for index in 0..<count where unsafe places[index]?.toOpaque() == address {
      unsafe places[index] = nil
    }
  }

  /// Lets every stream start its send, and those that get in line meanwhile too.
  static func startAll(in line: UnsafeMutablePointer<SenderLine>) {
    var index = 0
    while unsafe index < line.pointee.count {
      if let stream = unsafe line.pointee.places[index] {
        unsafe stream._withUnsafeGuaranteedRef { $0.startSending() }
      }
      index += 1
    }
    unsafe line.pointee.count = 0
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Unmanaged<SocketStream>?>.allocate(capacity: capacity * 2)
    unsafe larger.moveInitialize(from: places, count: count)
    unsafe places.deallocate()
    unsafe places = unsafe larger
    capacity *= 2
  }
}
