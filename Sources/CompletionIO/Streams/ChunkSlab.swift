/// Bytes on their way in or out of a stream.
@safe
struct Chunk {
  /// Where the next byte is.
  var address: UInt
  /// Bytes left.
  var byteCount: UInt32
  /// The buffer's index in the pool, for `.pool`.
  var bufferIndex: UInt16
  var memory: Memory
  /// The chunk behind this one; -1 for none.
  var next: Int32
  /// The memory to free, for `.heap`.
  var base: UInt
  /// Names a send whose sender waits; 0 for none.
  var sendID: UInt32
  /// Whether the owner of the stream waits until the chunk is gone.
  var isOwners = false
  /// Another sender that waits until the chunk is gone.
  var sender: UnsafeContinuation<SendEnd, Never>?

  /// Whose memory a chunk is.
  enum Memory: UInt8 {
    /// A buffer of the loop's pool.
    case pool
    /// Allocated for this chunk.
    case heap
    /// A suspended sender's.
    case borrowed
  }
}

extension Chunk {
  /// Makes the chunk's bytes begin where its memory does, as whoever frees the memory expects.
  @unsafe
  mutating func moveToNewMemory() {
    guard let source = unsafe UnsafeRawPointer(bitPattern: address) else { return }
    let copy = unsafe copyToHeap(source, byteCount: Int(byteCount))
    unsafe UnsafeMutableRawPointer(bitPattern: base)?.deallocate()
    address = copy
    base = copy
  }
}

/// How a send ended, for the sender that waits.
struct SendEnd: Sendable {
  /// A negated errno, or 0.
  var result: Int32
  /// Bytes that did not go out.
  var unsentByteCount: UInt32
  var cause: SocketError.Cause
  var attempts: Int32 = 1
}

/// Places for chunks, shared by the streams of a loop, so that queueing allocates nothing.
@safe
struct ChunkSlab: ~Copyable {
  private var chunks: UnsafeMutablePointer<Chunk>
  private var capacity = 1024
  private var usedCount = 0
  private var firstFree: Int32 = -1

  init() {
    unsafe chunks = .allocate(capacity: capacity)
  }

  deinit {
    unsafe chunks.deallocate()
  }

  mutating func insert(_ chunk: Chunk) -> Int32 {
    if firstFree >= 0 {
      let index = firstFree
      firstFree = unsafe chunks[Int(index)].next
      unsafe chunks[Int(index)] = chunk
      return index
    }
    if usedCount == capacity { grow() }
    unsafe (chunks + usedCount).initialize(to: chunk)
    usedCount += 1
    return Int32(usedCount - 1)
  }

  mutating func remove(_ index: Int32) {
    unsafe chunks[Int(index)].sender = nil
    unsafe chunks[Int(index)].next = firstFree
    firstFree = index
  }

  subscript(index: Int32) -> Chunk {
    unsafeAddress {
      assert(index >= 0 && index < usedCount, "chunk \(index) of \(usedCount)")
      return unsafe UnsafePointer(chunks + Int(index))
    }
    nonmutating unsafeMutableAddress {
      assert(index >= 0 && index < usedCount, "chunk \(index) of \(usedCount)")
      return unsafe chunks + Int(index)
    }
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Chunk>.allocate(capacity: capacity * 2)
    unsafe larger.moveInitialize(from: chunks, count: usedCount)
    unsafe chunks.deallocate()
    unsafe chunks = unsafe larger
    capacity *= 2
  }
}

/// A line of chunks in a slab.
struct ChunkQueue {
  private(set) var head: Int32 = -1
  private var tail: Int32 = -1
  /// Bytes in all chunks.
  private(set) var byteCount = 0

  var isEmpty: Bool { head < 0 }

  mutating func append(_ chunk: Chunk, to slab: inout ChunkSlab) {
    byteCount += Int(chunk.byteCount)
    let index = slab.insert(chunk)
    if tail >= 0 { slab[tail].next = index } else { head = index }
    tail = index
  }

  mutating func removeFirst(from slab: inout ChunkSlab) -> Chunk {
    precondition(head >= 0, "no chunk in line")
    let chunk = slab[head]
    byteCount -= Int(chunk.byteCount)
    slab.remove(head)
    head = chunk.next
    if head < 0 { tail = -1 }
    return chunk
  }

  /// Takes bytes off the first chunk, which has more.
  mutating func trimFirst(by count: UInt32, in slab: borrowing ChunkSlab) {
    assert(count < slab[head].byteCount, "a chunk that is done is removed")
    slab[head].address += UInt(count)
    slab[head].byteCount -= count
    byteCount -= Int(count)
  }
}
