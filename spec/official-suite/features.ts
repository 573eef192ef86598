/** What the scenarios of the suite call, by either SDK: tools, resources and prompts with the content that they expect. */

/** A transparent pixel. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
/** A header without samples. */
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

const NO_ARGUMENTS = { type: 'object', properties: {} };
const QUESTION = { type: 'object', properties: { message: { type: 'string' } } };

const text = (value: string) => ({ type: 'text', text: value });
const image = { type: 'image', data: PNG, mimeType: 'image/png' };
const resource = (uri: string, mimeType: string, value: string) => ({
  type: 'resource',
  resource: { uri, mimeType, text: value },
});

/** One call of a tool, independent of the SDK. */
export interface Call {
  readonly args: Readonly<Record<string, unknown>>;
  readonly progressToken: string | number | undefined;
  notify(method: string, params: Record<string, unknown>): Promise<void>;
  /** A request to the client (2025-11-25). */
  ask(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Ends the stream of this call: the client reads the result elsewhere (2025-11-25). */
  closeStream(): void;
  /** Responses of the client to the input that this call required before (2026-07-28). */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly state: string | undefined;
}

interface Tool {
  readonly inputSchema: Readonly<Record<string, unknown>>;
  call(call: Call): Promise<Record<string, unknown>> | Record<string, unknown>;
}

const says = (...content: object[]): Tool => ({
  inputSchema: NO_ARGUMENTS,
  call: () => ({ content }),
});

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

const elicits = (properties: Record<string, unknown>): Tool => ({
  inputSchema: QUESTION,
  async call({ args, ask }) {
    const message = String(args.message ?? 'Please fill in');
    const requestedSchema = { type: 'object', properties, required: Object.keys(properties) };
    const { action, content } = await ask('elicitation/create', { message, requestedSchema });
    return { content: [text(`action=${action}, content=${JSON.stringify(content)}`)] };
  },
});

const asksForName = {
  method: 'elicitation/create',
  params: {
    message: 'What is your name?',
    requestedSchema: {
      type: 'object',
      properties: { name: { type: 'string' } },
      required: ['name'],
    },
  },
};
const asksModel = {
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: text('Which capital?') }], maxTokens: 100 },
};
const asksForRoots = { method: 'roots/list', params: {} };

/** Requires the input of each round before it completes (2026-07-28); the state names the round. */
function requires(...rounds: Readonly<Record<string, { readonly method: string }>>[]): Tool {
  return {
    inputSchema: NO_ARGUMENTS,
    call({ inputs, state = 'round-0' }) {
      const current = rounds.findIndex((_, round) => state === `round-${round}`);
      if (current === -1) throw new Error('the state is not one of this server');
      const requests = Object.entries(rounds[current] ?? {});
      const isComplete = requests.every(([key, { method }]) => isInput(inputs[key], method));
      const next = isComplete ? current + 1 : current;
      if (next === rounds.length) return { content: [text(`state-ok ${JSON.stringify(inputs)}`)] };
      const [inputRequests, requestState] = [rounds[next], `round-${next}`];
      return { resultType: 'input_required', inputRequests, requestState };
    },
  };
}

function isInput(response: unknown, method: string): boolean {
  if (typeof response !== 'object' || response === null) return false;
  const { content } = response as { content?: unknown };
  return method !== 'elicitation/create' || (typeof content === 'object' && content !== null);
}

const titled = (...titles: string[]) =>
  titles.map((title, i) => ({ const: `value${i + 1}`, title }));
const OPTIONS = ['option1', 'option2', 'option3'];

const STRUCTURED_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: { name: { type: 'string' }, phone: { type: 'string' }, email: { type: 'string' } },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { required: ['name'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

export const tools: Readonly<Record<string, Tool>> = {
  test_simple_text: says(text('This is a simple text response for testing.')),
  test_image_content: says(image),
  test_audio_content: says({ type: 'audio', data: WAV, mimeType: 'audio/wav' }),
  test_embedded_resource: says(
    resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
  ),
  test_multiple_content_types: says(
    text('Multiple content types test:'),
    image,
    resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
  ),
  test_error_handling: {
    inputSchema: NO_ARGUMENTS,
    call: () => ({
      isError: true,
      content: [text('This tool intentionally returns an error for testing')],
    }),
  },
  test_tool_with_logging: {
    inputSchema: NO_ARGUMENTS,
    async call({ notify }) {
      for (const data of [
        'Tool execution started',
        'Tool processing data',
        'Tool execution completed',
      ]) {
        await notify('notifications/message', { level: 'info', data });
        await pause();
      }
      return { content: [text('logged')] };
    },
  },
  test_logging_tool: says(text('nothing logged')),
  test_tool_with_progress: {
    inputSchema: NO_ARGUMENTS,
    async call({ notify, progressToken }) {
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined) {
          await notify('notifications/progress', { progressToken, progress, total: 100 });
        }
        await pause();
      }
      return { content: [text('done')] };
    },
  },
  test_sampling: {
    inputSchema: { type: 'object', properties: { prompt: { type: 'string' } } },
    async call({ args, ask }) {
      const messages = [{ role: 'user', content: text(String(args.prompt)) }];
      const { content } = await ask('sampling/createMessage', { messages, maxTokens: 100 });
      return { content: [text(`LLM response: ${(content as { text?: string }).text}`)] };
    },
  },
  test_elicitation: elicits({ username: { type: 'string' }, email: { type: 'string' } }),
  test_elicitation_sep1034_defaults: elicits({
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  }),
  test_elicitation_sep1330_enums: elicits({
    untitledSingle: { type: 'string', enum: OPTIONS },
    titledSingle: {
      type: 'string',
      oneOf: titled('First Option', 'Second Option', 'Third Option'),
    },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: OPTIONS } },
    titledMulti: {
      type: 'array',
      items: { anyOf: titled('First Choice', 'Second Choice', 'Third Choice') },
    },
  }),
  json_schema_2020_12_tool: { ...says(text('valid')), inputSchema: STRUCTURED_SCHEMA },
  test_reconnection: {
    inputSchema: NO_ARGUMENTS,
    async call({ closeStream }) {
      closeStream();
      await pause();
      return { content: [text('reconnected')] };
    },
  },
  test_custom_header: {
    ...says(text('received')),
    inputSchema: {
      type: 'object',
      properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
    },
  },
  test_input_required_result_elicitation: requires({ user_name: asksForName }),
  test_input_required_result_sampling: requires({ capital_question: asksModel }),
  test_input_required_result_list_roots: requires({ client_roots: asksForRoots }),
  test_input_required_result_request_state: requires({ confirm: asksForName }),
  test_input_required_result_tampered_state: requires({ confirm: asksForName }),
  test_input_required_result_capabilities: requires({ capital_question: asksModel }),
  test_input_required_result_multiple_inputs: requires({
    user_name: asksForName,
    greeting: asksModel,
    client_roots: asksForRoots,
  }),
  test_input_required_result_multi_round: requires({ step1: asksForName }, { step2: asksForName }),
  test_missing_capability: requires({ question: asksModel }),
  test_streaming_elicitation: requires({ user_name: asksForName }),
};

/** The only prompt that requires input. */
export const promptWithInput: Tool = requires({ user_context: asksForName });

export const toolList: { name: string; description: string; inputSchema: { type: 'object' } }[] =
  Object.entries(tools).map(([name, { inputSchema }]) => ({
    name,
    description: `The tool ${name}`,
    inputSchema: inputSchema as { type: 'object' },
  }));

export const resourceList = [
  { uri: 'test://static-text', name: 'text', description: 'Text', mimeType: 'text/plain' },
  { uri: 'test://static-binary', name: 'binary', description: 'A picture', mimeType: 'image/png' },
  { uri: 'test://watched-resource', name: 'watched', description: 'Text', mimeType: 'text/plain' },
];

export const templateList = [
  { uriTemplate: 'test://template/{id}/data', name: 'data', mimeType: 'application/json' },
];

type ResourceContent = { readonly uri: string; readonly mimeType: string } & (
  | { readonly text: string }
  | { readonly blob: string }
);

/** Undefined for an unknown URI. */
export function readResource(uri: string): ResourceContent | undefined {
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id !== undefined) {
    const value = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
    return { uri, mimeType: 'application/json', text: value };
  }
  if (uri === 'test://static-binary') return { uri, mimeType: 'image/png', blob: PNG };
  if (!resourceList.some((known) => known.uri === uri)) return undefined;
  return { uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' };
}

const argument = (name: string) => ({ name, description: `The argument ${name}`, required: true });

export const promptList = [
  { name: 'test_simple_prompt', description: 'Text' },
  { name: 'test_prompt_with_image', description: 'A picture' },
  {
    name: 'test_prompt_with_arguments',
    description: 'Arguments',
    arguments: [argument('arg1'), argument('arg2')],
  },
  {
    name: 'test_prompt_with_embedded_resource',
    description: 'A resource',
    arguments: [argument('resourceUri')],
  },
];

/** Undefined for an unknown prompt. */
export function promptContent(
  name: string,
  args: Readonly<Record<string, string>>,
): object[] | undefined {
  switch (name) {
    case 'test_simple_prompt':
      return [text('This is a simple prompt for testing.')];
    case 'test_prompt_with_image':
      return [image, text('Please analyze the image above.')];
    case 'test_prompt_with_arguments':
      return [text(`Prompt with arguments: arg1='${args.arg1}', arg2='${args.arg2}'`)];
    case 'test_prompt_with_embedded_resource':
      return [
        resource(args.resourceUri ?? '', 'text/plain', 'Embedded resource content for testing.'),
        text('Please process the embedded resource above.'),
      ];
    default:
      return undefined;
  }
}
