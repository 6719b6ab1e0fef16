// What the JavaScript SDK makes of the emulator: run with node, prints one JSON object.
import * as sdk from "@aws-sdk/client-imagebuilder";

const [recipe, infrastructure] = process.argv.slice(2);
const client = new sdk.ImagebuilderClient({ maxAttempts: 1 });
const request = { name: "from-javascript", imageRecipeArn: recipe, infrastructureConfigurationArn: infrastructure };

const { imagePipelineArn } = await client.send(new sdk.CreateImagePipelineCommand({ ...request, tags: { a: "1" } }));
await client.send(new sdk.TagResourceCommand({ resourceArn: imagePipelineArn, tags: { b: "2" } }));
await client.send(new sdk.UntagResourceCommand({ resourceArn: imagePipelineArn, tagKeys: ["a"] }));
const { imagePipeline } = await client.send(new sdk.GetImagePipelineCommand({ imagePipelineArn }));
const refused = await client.send(new sdk.CreateImagePipelineCommand(request)).catch((error) => error);
const names = [];
for await (const page of sdk.paginateListImagePipelines({ client, pageSize: 1 }, {})) {
  names.push(...page.imagePipelineList.map((pipeline) => pipeline.name));
}
await client.send(new sdk.DeleteImagePipelineCommand({ imagePipelineArn }));
const gone = await client.send(new sdk.GetImagePipelineCommand({ imagePipelineArn })).catch((error) => error);

console.log(JSON.stringify({
  arn: imagePipelineArn,
  tags: imagePipeline.tags,
  refused: [refused.name, refused instanceof sdk.ResourceAlreadyExistsException, refused.$metadata.httpStatusCode],
  names,
  gone: [gone.name, gone.$metadata.httpStatusCode],
}));
