/** The tables of RFC 3454 in the package saslprep, which has no types of its own. */
declare module 'saslprep/lib/memory-code-points.js' {
  interface CodePoints {
    get(codePoint: number): boolean
  }
  const tables: {
    unassigned_code_points: CodePoints
    commonly_mapped_to_nothing: CodePoints
    non_ASCII_space_characters: CodePoints
    prohibited_characters: CodePoints
    bidirectional_r_al: CodePoints
    bidirectional_l: CodePoints
  }
  export default tables
}
