"""`Custom::ImagePipeline`: what a Create, an Update and a Delete do."""
