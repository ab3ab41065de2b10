// Takes a text apart: how many words and sentences, which words come most often, and how long it takes to read.
const stopWords = new Set(['a', 'an', 'and', 'as', 'at', 'be', 'by', 'in', 'is', 'it', 'of', 'on', 'or', 'the', 'to'])
const wordsPerMinute = 230

export default function wordCount({ input, console }) {
  if (typeof input?.text !== 'string') throw new TypeError(`text: expected a text, got ${typeof input?.text}`)

  const words = [...new Intl.Segmenter('en', { granularity: 'word' }).segment(input.text.toLowerCase())]
    .filter((segment) => segment.isWordLike)
    .map((segment) => segment.segment)
  const sentences = [...new Intl.Segmenter('en', { granularity: 'sentence' }).segment(input.text)].length

  const counts = new Map()
  for (const word of words) {
    if (!stopWords.has(word)) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  const top = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, input.top ?? 5)
  console.log(`${words.length} words, ${counts.size} of them different`)
  return {
    words: words.length,
    sentences,
    minutes: Math.round((words.length / wordsPerMinute) * 10) / 10,
    top: top.map(([word, count]) => ({ word, count })),
  }
}
