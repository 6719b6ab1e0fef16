// Lets people paste a message into the search.
//
// The search reads some signs as its own language (`:` as the name of a field, `*` as any letters, `~` and `^` as numbers
// to follow, `+` and `-` as must and must not), and finds nothing when an ARN or a schedule has them in it. So they become
// spaces on their way to the search. And it takes each word for the beginning of one, so that `a` finds every word with
// an a in front: the words of a whole sentence are taken as they are. What is in the field stays.
(() => {
  const [QUERY, SENTENCE] = [2, 4];
  const asWords = (text) => {
    const words = text.replace(/[:*^~+"]|(?<!\w)-|-(?!\w)/g, " ").trim().split(/\s+/);
    return words.map((word) => (words.length < SENTENCE ? word : `${word}^1`)).join(" ");
  };
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, ...more) {
    const isQuery = message?.type === QUERY && typeof message.data === "string";
    return post.call(this, isQuery ? { ...message, data: asWords(message.data) } : message, ...more);
  };
})();
